/* Choose a passage on the page, from sentence to sentence, with the mouse or the keyboard, and do
   something with it. Sentences come from /precis/sentences; page text is only ever set as text. */
() => {
  const byId = (id) => document.getElementById(id);
  const state = { on: false, key: '', start: -1, end: -1, from: null };
  const place = () => {
    const query = new URLSearchParams(location.search);
    return { document: query.get('doc'), page: query.get('page') || '1' };
  };

  function say() {
    const chosen = state.start >= 0;
    byId('picking-said').textContent = !chosen ? 'Choose the first sentence, then the last one.'
      : state.from ? 'Choose the last sentence, on this page or another; or use this one alone.' : 'Passage chosen.';
    for (const control of document.querySelectorAll('#picking [data-use]')) control.disabled = !chosen;
  }

  function paint() {
    for (const control of document.querySelectorAll('.pickable')) {
      const inside = Number(control.dataset.end) > state.start && Number(control.dataset.start) < state.end;
      control.classList.toggle('picked', state.start >= 0 && inside);
      control.setAttribute('aria-pressed', String(state.start >= 0 && inside));
    }
    say();
  }

  function pick(control) {
    const start = Number(control.dataset.start), end = Number(control.dataset.end);
    if (state.from) {
      Object.assign(state, { start: Math.min(start, state.from[0]), end: Math.max(end, state.from[1]), from: null });
    } else Object.assign(state, { start, end, from: [start, end] });
    paint();
  }

  function pickable(one, index) {
    const control = document.createElement('button');
    control.type = 'button';
    control.className = 'pickable';
    Object.assign(control.dataset, { start: one.start, end: one.end });
    if (index) { control.tabIndex = -1; control.setAttribute('aria-hidden', 'true'); } // one stop a sentence
    else control.setAttribute('aria-label', 'Sentence: ' + one.text);
    return control;
  }

  async function draw() {
    if (!state.on) return;
    const { document: id, page } = place(), asText = !byId('page-text').hidden;
    const key = [id, page, asText].join();
    if (!id || (state.key === key && document.querySelector('.pickable'))) return;
    state.key = key;
    const response = await fetch('/precis/sentences/' + encodeURIComponent(id) + '/' + encodeURIComponent(page));
    if (!response.ok || state.key !== key || !state.on) return;
    const sentences = (await response.json()).sentences;
    if (asText) {
      byId('page-text').replaceChildren(...sentences.flatMap((one) => {
        const control = pickable(one, 0);
        control.textContent = one.text;
        return [control, one.gap];
      }));
    } else {
      byId('page-picks').replaceChildren(...sentences.flatMap((one) => one.boxes
        .filter((box) => String(box[0]) === page)
        .map(([, left, top, width, height], index) => {
          const control = pickable(one, index);
          Object.assign(control.style, { left: left + '%', top: top + '%', width: width + '%', height: height + '%' });
          return control;
        })));
    }
    byId('picking-none').hidden = sentences.length > 0;
    paint();
  }

  function turn(on) {
    Object.assign(state, { on, key: '', start: -1, end: -1, from: null });
    document.body.classList.toggle('is-picking', on);
    byId('pick-toggle').setAttribute('aria-pressed', String(on));
    byId('picking').hidden = !on;
    byId('page-picks').replaceChildren();
    if (on) { say(); draw(); } else if (!byId('page-text').hidden) { byId('text-toggle').click(); byId('text-toggle').click(); }
  }

  function write(id, words, more) {
    const field = byId(id).querySelector('input, textarea');
    field.value = more && field.value ? field.value + ', ' + words : words;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return field;
  }

  const use = {
    summarize: (words) => {
      byId('tab-summary').click();
      write('part', words);
      (byId('summarize').matches('button') ? byId('summarize') : byId('summarize').querySelector('button')).focus();
    },
    ask: (words) => {
      byId('tab-ask').click();
      write('ask-part', words);
      byId('question').querySelector('input, textarea').focus();
    },
    global: (words) => {
      byId('tab-summary').click();
      const box = byId('placing'), opener = box.querySelector('button');
      if (!byId('picked')?.offsetParent) opener.click();
      setTimeout(() => {
        byId('placement').querySelector('input[value=picked]').click();
        write('picked', words, true).focus();
      }, 50);
    },
  };

  document.addEventListener('click', (event) => {
    const control = event.target.closest?.('#pick-toggle, .pickable, #picking [data-use], #picking-close');
    if (!control) return;
    if (control.id === 'pick-toggle') turn(!state.on);
    else if (control.id === 'picking-close') { turn(false); byId('pick-toggle').focus(); }
    else if (control.matches('.pickable')) { event.stopPropagation(); pick(control); }
    else { const words = '@' + state.start + '-' + state.end; turn(false); use[control.dataset.use](words); }
  }, true);
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && state.on) { event.stopPropagation(); turn(false); byId('pick-toggle').focus(); }
  }, true);
  new MutationObserver(draw).observe(byId('stage'), { subtree: true, childList: true, attributes: true, attributeFilter: ['src', 'hidden'] });
}
