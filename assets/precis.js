/* The page's own behaviour: which screen is shown, the page viewer, keys, title.
   It runs once when the page loads. Document text is only ever set with textContent. */
() => {
  const byId = (id) => document.getElementById(id);
  const NARROW = '(max-width: 899px)';
  const narrow = () => window.matchMedia(NARROW).matches;
  const SCREENS = ['library', 'jobs', 'about', 'together', 'models', 'settings'];
  const state = { document: null, page: 1, pages: 1, boxes: [], start: -1, end: -1, asText: false, textual: false, zoom: 1, title: '' };

  /* ---------------------------------------------------------------- screens and tabs */

  function showScreen(name) {
    document.body.dataset.screen = name;
    for (const link of document.querySelectorAll('.nav-link')) {
      if (link.dataset.screen === name) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    remember();
    showTitle();
    window.scrollTo(0, 0);
  }

  function showTab(name, focus) {
    if (name === 'page' && !narrow()) return; // it has its place beside the tabs
    document.body.dataset.tab = name;
    for (const tab of document.querySelectorAll('[role=tab][data-tab]')) {
      const chosen = tab.dataset.tab === name;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen && focus) tab.focus();
    }
  }

  window.matchMedia(NARROW).addEventListener('change', () => {
    if (!narrow() && document.body.dataset.tab === 'page') showTab('summary');
  });

  function remember() {
    const query = new URLSearchParams(location.search);
    for (const key of ['doc', 'page', 'job', 'screen']) query.delete(key);
    const screen = document.body.dataset.screen;
    if (screen === 'document' && state.document) {
      query.set('doc', state.document);
      query.set('page', state.page);
    } else if (screen && screen !== 'library') query.set('screen', screen);
    const text = query.toString();
    history.replaceState(null, '', location.pathname + (text ? '?' + text : ''));
  }

  function showTitle() {
    const bar = document.querySelector('#bar .bar');
    const name = document.body.dataset.screen === 'document' ? state.title : '';
    let title = name ? name + ' \u2013 Precis' : 'Precis';
    if (bar) title = (bar.dataset.percent ? bar.dataset.percent + ' % ' : '\u2026 ') + (bar.dataset.name || title);
    if (document.title !== title) document.title = title;
    document.body.classList.toggle('has-bar', Boolean(bar));
  }

  /* ---------------------------------------------------------------- the page viewer */

  function showPage(page, boxes, start, end) {
    byId('page-said').textContent = '';
    state.page = Math.min(Math.max(1, page), state.pages);
    state.boxes = boxes || [];
    state.start = start ?? -1;
    state.end = end ?? -1;
    remember();
    draw();
  }

  function draw() {
    const image = byId('page-image');
    if (!image || !state.document) return;
    byId('page-number').value = state.page;
    byId('page-count').textContent = state.pages;
    showNote();
    const asText = state.asText || state.textual;
    byId('sheet').hidden = asText;
    byId('page-text').hidden = !asText;
    byId('text-toggle').setAttribute('aria-pressed', String(asText));
    byId('text-toggle').hidden = state.textual;
    byId('viewer').classList.toggle('textual', asText);
    byId('sheet').style.width = 100 * state.zoom + '%';
    if (asText) return drawText();
    const source = '/precis/page/' + encodeURIComponent(state.document) + '/' + state.page;
    if (image.getAttribute('src') !== source || image.classList.contains('missing')) {
      image.classList.add('loading');
      image.onload = () => {
        image.classList.remove('loading', 'missing');
        document.body.classList.remove('is-locked');
        fit(image);
        reveal(byId('page-boxes').firstElementChild);
      };
      image.onerror = () => {
        if (image.getAttribute('src') !== source) return;
        image.classList.add('missing');
        askPassword(source);
      };
      image.src = source;
    } else if (image.complete) fit(image); // it was shown before another document came between
    image.alt = 'Page ' + state.page + ' of ' + state.title;
    drawBoxes();
    drawRests();
  }

  /* A page may have another shape than the first one, which the server named. */
  function fit(image) {
    if (image.naturalHeight) byId('sheet').style.aspectRatio = image.naturalWidth / image.naturalHeight;
  }

  /* Show the card that asks for a password where that is why the page cannot be drawn. */
  function askPassword(source) {
    const { document: id, page } = state;
    fetch(source).then((response) => {
      if (id !== state.document || page !== state.page) return; // the answer comes too late
      if (response.status === 423) demandPassword(id, page);
      else document.body.classList.remove('is-locked');
    }).catch(() => {}); // whether the server is there, is said elsewhere
  }

  document.addEventListener('precis-locked', () => { // a file was refused for want of the password (saving.js)
    showTab('page');
    demandPassword(state.document, state.page);
    document.querySelector('#locked input').focus();
  });

  function demandPassword(id, page) {
    document.body.classList.add('is-locked');
    Object.assign(document.querySelector('#locked [data-act]').dataset, { document: id, page });
  }

  /* What is to be said of the page: its text was recognised, it is a picture, it could not be read. */
  const NOTES = {
    recognised: 'The text of this page was recognised in its picture (OCR) and may hold mistakes.',
    pictures: 'This page has no text: it is a picture, or empty.',
    unread: 'This page could not be read.',
  };

  function showNote() {
    const head = document.querySelector('#document-header .document-head'), note = byId('page-note');
    if (!note) return;
    const isListed = (ranges) => (ranges || '').split(', ').some((range) => {
      const [first, last] = range.split('\u2013').map(Number);
      return first <= state.page && state.page <= (last || first);
    });
    const kind = head && Object.keys(NOTES).find((name) => isListed(head.dataset[name]));
    const words = kind ? NOTES[kind] : '';
    if (note.textContent !== words) note.textContent = words;
    note.hidden = !words;
  }

  function drawBoxes() {
    const holder = byId('page-boxes');
    holder.replaceChildren(...state.boxes.filter(([page]) => page === state.page).map((box) => boxAt(box, 'div', 'box')));
    reveal(holder.firstElementChild);
  }

  function boxAt([, left, top, width, height], tag, name) {
    const box = document.createElement(tag);
    box.className = name;
    box.style.left = Number(left) + '%';
    box.style.top = Number(top) + '%';
    box.style.width = Number(width) + '%';
    box.style.height = Number(height) + '%';
    return box;
  }

  async function drawText() {
    const holder = byId('page-text');
    const source = '/precis/text/' + encodeURIComponent(state.document) + '/' + state.page;
    const wanted = [source, state.start, state.end].join();
    if (holder.dataset.source !== source) holder.replaceChildren(); // never another page's text under this number
    Object.assign(holder.dataset, { source, wanted });
    const page = await fetch(source).then((response) => (response.ok ? response.json() : null), () => null);
    if (holder.dataset.wanted !== wanted) return;
    if (page && page.text) {
      const points = Array.from(page.text); // offsets count code points, not UTF-16 units
      holder.replaceChildren(...marked(points, page.start));
      return reveal(holder.querySelector('mark'));
    }
    const note = document.createElement('p');
    note.className = 'faint';
    note.textContent = !page ? 'The text of this page could not be fetched. Turn the page and come back to try again.'
      : page.state === 'failed' ? 'This page could not be read.' : 'This page has no text.';
    holder.replaceChildren(note);
  }

  function reveal(target) {
    const stage = byId('stage');
    if (!target || !stage) return;
    const room = stage.getBoundingClientRect(), place = target.getBoundingClientRect();
    if (place.height === 0) return;
    const smooth = window.matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth';
    stage.scrollTo({ top: stage.scrollTop + place.top - room.top - room.height / 3, behavior: smooth });
  }

  /* ---------------------------------------------------------------- from the page to the summary */

  /* The chips of the summary that point to this page. What they rest on can be clicked there. */
  function chipsHere() {
    return Array.from(document.querySelectorAll('#summary .sentences .chip')).filter(
      (chip) => chip.dataset.document === state.document && Number(chip.dataset.page) === state.page);
  }

  function drawRests() {
    const holder = byId('page-rests');
    const chips = chipsHere();
    const key = [state.document, state.page, ...chips.map((chip) => chip.dataset.start)].join();
    if (!holder || holder.dataset.key === key) return;
    holder.dataset.key = key;
    holder.replaceChildren();
    if (state.asText || state.textual) drawText();
    const seen = new Set();
    for (const chip of chips) {
      if (seen.has(chip.dataset.start)) continue;
      seen.add(chip.dataset.start);
      JSON.parse(chip.dataset.boxes || '[]').filter(([page]) => page === state.page).forEach((box, index) => {
        const rest = boxAt(box, 'button', 'rest');
        rest.type = 'button';
        rest.dataset.go = 'rests';
        rest.dataset.start = chip.dataset.start;
        rest.setAttribute('aria-label', 'Show what the summary says of: ' + chip.dataset.quote);
        if (index) { rest.tabIndex = -1; rest.setAttribute('aria-hidden', 'true'); } // one stop a sentence
        holder.append(rest);
      });
    }
  }

  /* Show and mark the summary sentences that rest on what starts here; say so where none does. */
  function showRests(start) {
    for (const item of document.querySelectorAll('.sentences > li.rests')) item.classList.remove('rests');
    const chips = chipsHere().filter((chip) => chip.dataset.start === start);
    const items = [...new Set(chips.map((chip) => chip.closest('li')))];
    const words = !items.length ? 'No sentence of the summary rests on this place.'
      : items.length === 1 ? 'One sentence of the summary rests on this.' : items.length + ' sentences of the summary rest on this.';
    byId('page-said').textContent = words;
    if (!items.length) return;
    for (const item of items) item.classList.add('rests');
    showTab('summary');
    for (const other of document.querySelectorAll('.chip.current')) other.classList.remove('current');
    chips[0].classList.add('current');
    if (!narrow()) showPage(state.page, JSON.parse(chips[0].dataset.boxes || '[]'), Number(start), Number(chips[0].dataset.end));
    byId('page-said').textContent = words;
    chips[0].focus({ preventScroll: true });
    items[0].scrollIntoView({ block: 'nearest' });
  }

  function marked(points, start) {
    /* The page's text with what the summary rests on as buttons, and what was asked for marked. */
    const places = [];
    for (const chip of chipsHere()) places.push([Number(chip.dataset.start) - start, Number(chip.dataset.end) - start, chip]);
    if (state.start >= 0) places.push([state.start - start, state.end - start, null]);
    places.sort((a, b) => a[0] - b[0] || (a[2] ? 1 : -1));
    const parts = [];
    let at = 0;
    for (const [first, last, chip] of places) {
      const from = Math.max(at, first), to = Math.min(points.length, last);
      if (to <= from) continue;
      parts.push(points.slice(at, from).join(''));
      const now = state.start >= 0 && first === state.start - start;
      const place = document.createElement(now ? 'mark' : 'span');
      place.textContent = points.slice(from, to).join('');
      const owner = chip || chipsHere().find((other) => Number(other.dataset.start) === first + start);
      if (owner) {
        Object.assign(place, { className: 'rest-text', tabIndex: 0 });
        place.setAttribute('role', 'button');
        place.dataset.go = 'rests';
        place.dataset.start = owner.dataset.start;
      }
      parts.push(place);
      at = to;
    }
    return [...parts, points.slice(at).join('')];
  }

  /* ---------------------------------------------------------------- the quote behind a chip */

  let quoted = null;
  function showQuote(chip) {
    const card = byId('quote');
    if (quoted) quoted.removeAttribute('aria-describedby');
    quoted = chip && chip.dataset.quote ? chip : null;
    card.hidden = !quoted;
    if (!quoted) return;
    card.textContent = '\u201c' + quoted.dataset.quote + '\u201d';
    if (quoted.dataset.ocr) {
      const sure = document.createElement('small');
      sure.textContent = quoted.dataset.ocr[0].toUpperCase() + quoted.dataset.ocr.slice(1);
      card.append(sure);
    }
    quoted.setAttribute('aria-describedby', 'quote');
    const place = quoted.getBoundingClientRect(), width = Math.min(420, window.innerWidth - 24);
    card.style.maxWidth = width + 'px';
    card.style.left = Math.max(12, Math.min(place.left, window.innerWidth - width - 12)) + 'px';
    const below = place.bottom + 8 + card.offsetHeight < window.innerHeight;
    card.style.top = (below ? place.bottom + 8 : Math.max(8, place.top - 8 - card.offsetHeight)) + 'px';
  }
  for (const kind of ['pointerover', 'focusin']) {
    document.addEventListener(kind, (event) => {
      const chip = event.target.closest?.('.chip[data-quote]');
      if (chip !== quoted && !(event.pointerType === 'touch')) showQuote(chip);
    });
  }
  document.addEventListener('scroll', () => quoted && showQuote(null), true);

  /* ---------------------------------------------------------------- orders from the server */

  function obey() {
    const order = document.querySelector('#place [data-stamp]');
    if (!order || order.dataset.stamp === state.stamp) return;
    const data = order.dataset;
    state.stamp = data.stamp;
    if (data.screen === 'document' && data.document) {
      const other = data.document !== state.document;
      Object.assign(state, {
        document: data.document, pages: Number(data.pages) || 1, title: data.title || '', textual: data.textual === '1',
      });
      if (other) {
        Object.assign(state, { asText: false, zoom: 1 });
        byId('sheet').style.aspectRatio = data.ratio || '0.7071';
      }
      document.body.classList.remove('is-locked'); // the page that is shown now decides anew
      showScreen('document');
      if (data.tab) showTab(data.tab);
      else if (other && narrow()) showTab('summary');
      showPage(Number(data.page) || 1, JSON.parse(data.boxes || '[]'), Number(data.start ?? -1), Number(data.end ?? -1));
      if (data.boxes === '[]' && !state.textual) { state.asText = true; draw(); }
      document.dispatchEvent(new CustomEvent('precis-opened', { detail: { other } })); // sections.js, kept.js
    } else if (['models', 'settings'].includes(data.screen)) { // the link also fetches what they show
      const link = document.querySelector('.nav-link[data-screen=' + data.screen + ']');
      if (link) link.click(); else showScreen('library');
    } else showScreen(SCREENS.includes(data.screen) ? data.screen : 'library');
  }

  /* ---------------------------------------------------------------- controls that move the view */

  const go = {
    screen: (control) => showScreen(control.dataset.screen),
    tab: (control) => showTab(control.dataset.tab),
    page: (control) => { showTab('page'); showPage(Number(control.dataset.page), [], -1, -1); },
    place: (control) => {
      for (const other of document.querySelectorAll('.chip.current')) other.classList.remove('current');
      control.classList.add('current');
      showTab('page');
      const boxes = JSON.parse(control.dataset.boxes || '[]');
      if (!boxes.length && !state.textual) state.asText = true;
      showPage(Number(control.dataset.page), boxes, Number(control.dataset.start), Number(control.dataset.end));
    },
    rests: (control) => showRests(control.dataset.start),
    previous: () => showPage(state.page - 1),
    next: () => showPage(state.page + 1),
    larger: () => { state.zoom = Math.min(3, state.zoom * 1.25); draw(); },
    smaller: () => { state.zoom = Math.max(0.5, state.zoom / 1.25); draw(); },
    text: () => { state.asText = !state.asText; draw(); },
    theme: () => {
      const dark = document.body.classList.toggle('dark');
      localStorage.setItem('precis-theme', dark ? 'dark' : 'light');
    },
  };

  document.addEventListener('click', (event) => {
    const control = event.target.closest('[data-go]');
    if (control && go[control.dataset.go]) go[control.dataset.go](control);
    else if (event.target.closest('#sheet')) showRests('');
  });

  document.addEventListener('change', (event) => {
    if (event.target.id === 'page-number') showPage(parseInt(event.target.value, 10) || state.page);
  });

  document.addEventListener('error', (event) => {
    if (event.target.matches?.('img.thumb')) event.target.src = '/precis/assets/empty.svg';
  }, true);

  /* ---------------------------------------------------------------- keys */

  function press(id) {
    const control = byId(id);
    const button = control && (control.matches('button') ? control : control.querySelector('button'));
    if (button && !button.disabled) button.click();
  }

  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, textarea, select');
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      const screen = document.body.dataset.screen;
      if (screen === 'together') { event.preventDefault(); press(typing ? 'put' : 'summarize-set'); }
      if (screen !== 'document') return;
      event.preventDefault();
      press(document.body.dataset.tab === 'ask' ? 'ask' : 'summarize');
    } else if ((event.key === 'Enter' || event.key === ' ') && event.target.matches('.rest-text')) {
      event.preventDefault();
      showRests(event.target.dataset.start);
    } else if (event.key === 'Escape') {
      if (quoted) { showQuote(null); return; }
      if (typing) { typing.blur(); return; }
      document.querySelector('#bar [data-act=stop]')?.click();
    } else if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      const step = event.key === 'ArrowLeft' ? -1 : 1;
      if (event.target.matches('[role=tab]')) {
        const tabs = Array.from(document.querySelectorAll('[role=tab][data-tab]')).filter((tab) => tab.offsetParent);
        const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
        event.preventDefault();
        showTab(next.dataset.tab, true);
      } else if (!typing && !event.altKey && document.body.dataset.screen === 'document') {
        event.preventDefault();
        showPage(state.page + step);
      }
    } else if (!typing && !event.ctrlKey && !event.metaKey && event.key === '/') {
      event.preventDefault();
      showScreen('library');
      byId('query')?.querySelector('input, textarea')?.focus();
    } else if (!typing && event.key === '?') showScreen('about');
  });

  /* ---------------------------------------------------------------- files dropped anywhere */

  const carriesFiles = (event) => Array.from(event.dataTransfer?.types || []).includes('Files');
  document.addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    document.body.classList.add('dropping');
  });
  document.addEventListener('dragleave', (event) => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
  document.addEventListener('drop', (event) => {
    document.body.classList.remove('dropping');
    if (!carriesFiles(event) || event.target.closest('#upload')) return;
    event.preventDefault();
    const input = document.querySelector('#upload input[type=file]');
    if (!input) return;
    showScreen('library');
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });

  /* A new answer shows its place on the page by itself, where the page is in view. */
  let asked = false, newest = null;
  function followAnswer() {
    const id = document.querySelector('#answers [data-answer]')?.dataset.answer;
    if (asked && id !== newest && !narrow()) document.querySelector('#answers [data-answer] .answer .chip')?.click();
    newest = id;
    asked = Boolean(document.querySelector('#answers .running'));
  }

  /* ---------------------------------------------------------------- begin */

  document.documentElement.lang = 'en';
  const wish = localStorage.getItem('precis-theme');
  if (wish) document.body.classList.toggle('dark', wish === 'dark');
  document.body.dataset.screen = 'library';
  document.body.dataset.tab = 'summary';
  for (const name of ['page', 'summary', 'ask', 'insights', 'details']) {
    const panel = byId('panel-' + name);
    panel?.setAttribute('role', 'tabpanel');
    panel?.setAttribute('aria-labelledby', 'tab-' + name);
  }
  const quote = document.createElement('div');
  Object.assign(quote, { id: 'quote', hidden: true });
  quote.setAttribute('role', 'tooltip');
  document.body.append(quote);
  new MutationObserver(() => { obey(); showTitle(); followAnswer(); drawRests(); showNote(); }).observe(document.querySelector('gradio-app') || document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ['data-stamp', 'data-percent', 'data-answer'],
  });
  obey();
}
