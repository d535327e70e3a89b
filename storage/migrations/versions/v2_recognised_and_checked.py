"""pages whose text was recognised, sentences that were checked"""

import sqlalchemy as sa
from alembic import op

revision = 'v2'
down_revision = 'v1'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say of documents, runs and citations what text recognition has to do with them, of runs how much
    memory they took, and of the sentences of summaries whose they are and what is doubtful."""
    for table in ('documents', 'runs'):
        op.add_column(table, sa.Column('pages_recognised', sa.Text(), nullable=False, server_default='[]'))
    op.add_column('runs', sa.Column('peak_bytes', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('citations', sa.Column('recognition', sa.Float(), nullable=True))
    op.add_column('summary_sentences', sa.Column('origin', sa.Text(), nullable=False, server_default='quoted'))
    op.add_column('summary_sentences', sa.Column('doubts', sa.Text(), nullable=False, server_default='[]'))
