BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('v2');
CREATE TABLE answers (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run_id INTEGER NOT NULL, 
	question TEXT NOT NULL, 
	found BOOLEAN NOT NULL, 
	text TEXT NOT NULL, 
	start INTEGER, 
	"end" INTEGER, 
	page INTEGER, 
	confidence FLOAT NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT fk_answers_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "answers" VALUES(1,2,'When was it built?',1,'1874',28,32,1,0.87,1772366400000000);
CREATE TABLE citations (
	id INTEGER NOT NULL, 
	summary_sentence_id INTEGER, 
	answer_id INTEGER, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	page INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	score FLOAT NOT NULL, recognition FLOAT, 
	CONSTRAINT pk_citations PRIMARY KEY (id), 
	CONSTRAINT ck_citations_one_parent CHECK ((summary_sentence_id IS NULL) <> (answer_id IS NULL)), 
	CONSTRAINT fk_citations_answer_id_answers FOREIGN KEY(answer_id) REFERENCES answers (id) ON DELETE CASCADE, 
	CONSTRAINT fk_citations_summary_sentence_id_summary_sentences FOREIGN KEY(summary_sentence_id) REFERENCES summary_sentences (id) ON DELETE CASCADE
);
INSERT INTO "citations" VALUES(1,1,NULL,4,14,1,'lighthouse',3.00000000000000044408e-01,NULL);
INSERT INTO "citations" VALUES(2,1,NULL,4,14,1,'lighthouse',3.00000000000000044408e-01,NULL);
INSERT INTO "citations" VALUES(3,NULL,1,0,33,1,'The lighthouse was built in 1874.',0.9,NULL);
CREATE TABLE documents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	owner TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	status TEXT NOT NULL, 
	n_pages INTEGER NOT NULL, 
	n_chars INTEGER NOT NULL, 
	n_bytes INTEGER NOT NULL, 
	pages_without_text TEXT NOT NULL, 
	pages_failed TEXT NOT NULL, 
	seconds FLOAT NOT NULL, 
	digest TEXT NOT NULL, 
	added BIGINT NOT NULL, 
	deleted BIGINT, pages_recognised TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT uq_documents_owner_sha256 UNIQUE (owner, sha256)
);
INSERT INTO "documents" VALUES(1,'local','7365d029861e32c521f8089b00a6fb32daf0615025b69b599d1ce53501b845c2','source.pdf','A title','ok',2,134,6,'[]','[]',0.5,'483abebff7ba3e68ef1dcfa0332b4a7480d5ffdaafc1e522c565da546bdc9b09',1772366400000000,NULL,'[]');
CREATE TABLE job_events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	job_id INTEGER NOT NULL, 
	created BIGINT NOT NULL, 
	data TEXT NOT NULL, 
	CONSTRAINT fk_job_events_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "job_events" VALUES(1,1,1772366400000000,'{"kind":"progress","done":1}');
CREATE TABLE job_windows (
	job_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	payload BLOB NOT NULL, 
	CONSTRAINT pk_job_windows PRIMARY KEY (job_id, number), 
	CONSTRAINT fk_job_windows_job_id_jobs FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "job_windows" VALUES(1,0,2,X'0077696E646F77');
CREATE TABLE jobs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	owner TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	state TEXT NOT NULL, 
	document TEXT, 
	original TEXT, 
	params TEXT NOT NULL, 
	created BIGINT NOT NULL, 
	started BIGINT, 
	finished BIGINT, 
	error_code TEXT, 
	error_message TEXT, 
	result_id INTEGER, 
	pid INTEGER, 
	pid_start TEXT
);
INSERT INTO "jobs" VALUES(1,'local','answer','running','7365d029861e32c521f8089b00a6fb32daf0615025b69b599d1ce53501b845c2',NULL,'{"question":"When?"}',1772366400000000,1772366400000000,NULL,NULL,NULL,NULL,1,'another boot:1');
CREATE TABLE layouts (
	document_id INTEGER NOT NULL, 
	part TEXT NOT NULL, 
	number INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_layouts PRIMARY KEY (document_id, part, number), 
	CONSTRAINT fk_layouts_document_id_documents FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
INSERT INTO "layouts" VALUES(1,'lines',0,X'789CEDD2CB2B845118C7F15724B292524A62A3946C4CB2C01C29E592E43E131A66E69D0BC6DCAF9295521684C5C8C24A892D6B1ACB514A44964A1612D92AC6FB3D591CE51FE0A9B7D3EF9CCFF39CB3788B6B344DFBED6B2FD0348FA654B7923DEA468B0AF2940D35EB2C03C2D4F855976635EB462D8F8861A3AECC3FB2D1605D1272A250B37E9ECDD593456C5DD73E963494B6A9D9D323E9D107D52A7346E6EF471A77770E0A63C2EA90E08DC3623B9DAB8A51AEB48DE1F62C226BDC64C5358EE31213B89349F6F36DD2DB38EF9A927D53B8B569D96FC75DDBE51C07AED229E73971761D57E8C2EDBB70BD6EDC8B1BB7E1C13579C5174BDF7A710B33B8EA595C6616A7CFE18A7DB8431FAE7F1EF726D71E3FE73B7EFA9EFD3811E03DEB01DC7D00670AE29683B89B20AE2E844B8570D910AE2A8CF38779CF69185716C13922B8E308AE288AB344710751DC7B14D717C3EDC670AF315C471CB719C73DC471CD09DC4A027797C0D527718B49DC45125793C28552B8B314AE7C41FCFF577FE3BFFA04E853E1C7');
INSERT INTO "layouts" VALUES(1,'outline',1,X'789C631164606040C6990C50C002A53399A10C6E980023032A800BC068005FA40202');
INSERT INTO "layouts" VALUES(1,'sentences',2,X'789C631564606040C63C409CC900055E503A13C6B081093042198CB8043252135332F3D21592F2532A01CA3B076C');
CREATE TABLE originals (
	id INTEGER NOT NULL, 
	owner TEXT NOT NULL, 
	sha256 TEXT NOT NULL, 
	n_bytes INTEGER NOT NULL, 
	kept BIGINT NOT NULL, 
	CONSTRAINT pk_originals PRIMARY KEY (id), 
	CONSTRAINT uq_originals_owner_sha256 UNIQUE (owner, sha256)
);
INSERT INTO "originals" VALUES(1,'local','7365d029861e32c521f8089b00a6fb32daf0615025b69b599d1ce53501b845c2',6,1772366400000000);
CREATE TABLE pages (
	id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	width FLOAT NOT NULL, 
	height FLOAT NOT NULL, 
	start INTEGER NOT NULL, 
	"end" INTEGER NOT NULL, 
	state TEXT NOT NULL, 
	text TEXT NOT NULL, 
	CONSTRAINT pk_pages PRIMARY KEY (id), 
	CONSTRAINT fk_pages_document_id_documents FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
INSERT INTO "pages" VALUES(1,1,1,595.3,841.9,0,74,'text','The lighthouse was built in 1874. Its keeper wrote a résumé every winter. ');
INSERT INTO "pages" VALUES(2,1,2,595.3,841.9,74,134,'text','Ships passed by day and by night. Nobody counted the gulls. ');
CREATE TABLE runs (
	id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	task TEXT NOT NULL, 
	model TEXT NOT NULL, 
	weights_digest TEXT NOT NULL, 
	quantization TEXT NOT NULL, 
	device TEXT NOT NULL, 
	options TEXT NOT NULL, 
	placement TEXT NOT NULL, 
	n_global INTEGER NOT NULL, 
	windows INTEGER NOT NULL, 
	tokens_read INTEGER NOT NULL, 
	pages_read INTEGER NOT NULL, 
	pages_skipped TEXT NOT NULL, 
	pages_without_text TEXT NOT NULL, 
	app_version TEXT NOT NULL, 
	seconds FLOAT NOT NULL, pages_recognised TEXT DEFAULT '[]' NOT NULL, peak_bytes INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_runs PRIMARY KEY (id), 
	CONSTRAINT fk_runs_document_id_documents FOREIGN KEY(document_id) REFERENCES documents (id) ON DELETE CASCADE
);
INSERT INTO "runs" VALUES(1,1,'b096c7392b5490a600cd544dfbd4824ffcfe4952062c69d60dbdd8c264250225','summarize','tiny','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','int8','cpu','{"length":"short"}','the first token',1,2,900,2,'[3]','[]','0.1.0',1.5,'[]',0);
INSERT INTO "runs" VALUES(2,1,'b1fa900c8db16dce58c375f62dea9acc6d43fadf3b1f528af42e747019477abf','summarize','tiny','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','int8','cpu','{"length":"short","question":"When was it built?"}','the first token',1,2,900,2,'[3]','[]','0.1.0',1.5,'[]',0);
CREATE TABLE settings (
	owner TEXT NOT NULL, 
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_settings PRIMARY KEY (owner, name)
);
INSERT INTO "settings" VALUES('','library','"04ddd6f155b64d6df16b70d3100c2edc"');
INSERT INTO "settings" VALUES('local','theme','"dark"');
CREATE TABLE summaries (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	run_id INTEGER NOT NULL, 
	created BIGINT NOT NULL, 
	CONSTRAINT fk_summaries_run_id_runs FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
);
INSERT INTO "summaries" VALUES(1,1,1772366400000000);
CREATE TABLE summary_sentences (
	id INTEGER NOT NULL, 
	summary_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	text TEXT NOT NULL, 
	support FLOAT NOT NULL, 
	origin TEXT DEFAULT 'quoted' NOT NULL, 
	doubts TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_summary_sentences PRIMARY KEY (id), 
	CONSTRAINT fk_summary_sentences_summary_id_summaries FOREIGN KEY(summary_id) REFERENCES summaries (id) ON DELETE CASCADE
);
INSERT INTO "summary_sentences" VALUES(1,1,0,'A lighthouse stood there.',6.66666666666666629659e-01,'quoted','[]');
INSERT INTO "summary_sentences" VALUES(2,1,1,'Nobody says so.',0.0,'quoted','[]');
CREATE INDEX ix_jobs_owner ON jobs (owner);
CREATE INDEX ix_jobs_state ON jobs (state);
CREATE INDEX ix_originals_sha256 ON originals (sha256);
CREATE INDEX ix_job_events_job_id ON job_events (job_id);
CREATE INDEX ix_pages_document_id ON pages (document_id);
CREATE INDEX ix_runs_document_id ON runs (document_id);
CREATE INDEX ix_runs_key ON runs ("key");
CREATE INDEX ix_answers_run_id ON answers (run_id);
CREATE INDEX ix_summaries_run_id ON summaries (run_id);
CREATE INDEX ix_summary_sentences_summary_id ON summary_sentences (summary_id);
CREATE INDEX ix_citations_answer_id ON citations (answer_id);
CREATE INDEX ix_citations_summary_sentence_id ON citations (summary_sentence_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('documents',1);
INSERT INTO "sqlite_sequence" VALUES('summaries',1);
INSERT INTO "sqlite_sequence" VALUES('answers',1);
INSERT INTO "sqlite_sequence" VALUES('jobs',1);
INSERT INTO "sqlite_sequence" VALUES('job_events',1);
COMMIT;
