/* The page's own behaviour: which screen and tab is shown, orders from the server, keys, title. */
() => {
  const { NARROW, byId, narrow, state, showPage, draw, drawRests, showNote, showRests } = window.precis;
  const SCREENS = ['library', 'jobs', 'about', 'together', 'models', 'settings'];
  Object.assign(window.precis, { showScreen, showTab, remember });

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

  /* A new answer shows its place on the page by itself, where the page is in view. */
  let asked = false, newest = null;
  function followAnswer() {
    const card = document.querySelector('#answers [data-answer]'), id = card?.dataset.answer;
    if (asked && id !== newest && !narrow()) card?.querySelector('.answer .chip, .sentences .chip')?.click();
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
  new MutationObserver(() => { obey(); showTitle(); followAnswer(); drawRests(); showNote(); }).observe(document.querySelector('gradio-app') || document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ['data-stamp', 'data-percent', 'data-answer'],
  });
  obey();
}
