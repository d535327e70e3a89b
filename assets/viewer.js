/* The page viewer: the picture or the text of a page, the place that was asked for, and what the summary
   rests on there. Document text is only ever set with textContent. What other files use of it stands in
   window.precis; precis.js adds to it what this file uses of screens and tabs. */
() => {
  const NARROW = '(max-width: 899px)';
  const byId = (id) => document.getElementById(id);
  const narrow = () => window.matchMedia(NARROW).matches;
  const state = { document: null, page: 1, pages: 1, boxes: [], start: -1, end: -1, asText: false, textual: false, zoom: 1, title: '' };
  const precis = { NARROW, byId, narrow, state, showPage, draw, drawRests, showNote, showRests };
  window.precis = precis;

  function showPage(page, boxes, start, end) {
    byId('page-said').textContent = '';
    state.page = Math.min(Math.max(1, page), state.pages);
    state.boxes = boxes || [];
    state.start = start ?? -1;
    state.end = end ?? -1;
    precis.remember();
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
    precis.showTab('page');
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
    precis.showTab('summary');
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
}
