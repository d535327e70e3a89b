/* The library: which cards are shown, in what order, and which are chosen; the settings. It runs once when the
   page loads. */
() => {
  /* ---------------------------------------------------------------- which cards are shown */

  const cards = () => Array.from(document.querySelectorAll('#library .card'));
  const choice = (name) => document.querySelector('#filters select[name=' + name + ']');
  const STATES = {
    'summarised': (card) => card.summarised === '1', 'not-summarised': (card) => card.summarised !== '1',
    'partly': (card) => Number(card.noText) + Number(card.failed) > 0,
    'no-text': (card) => Number(card.noText) > 0, 'failed': (card) => Number(card.failed) > 0,
  };
  const ORDERS = {
    newest: (a, b) => b.added - a.added, oldest: (a, b) => a.added - b.added, title: (a, b) => a.title.localeCompare(b.title),
    largest: (a, b) => b.bytes - a.bytes, longest: (a, b) => b.pages - a.pages,
  };

  function sift() {
    const all = cards(), wanted = {};
    for (const name of ['kind', 'state', 'days', 'order']) wanted[name] = choice(name)?.value || '';
    document.body.classList.toggle('has-several', all.length > 1);
    const since = new Date(); // "today" begins at midnight
    since.setHours(0, 0, 0, 0);
    since.setDate(since.getDate() - (Number(wanted.days) - 1));
    let shown = 0;
    for (const card of all) {
      const data = card.dataset;
      const fits = (!wanted.kind || data.kind === wanted.kind) && (!wanted.state || STATES[wanted.state](data))
        && (!wanted.days || Number(data.added) * 1000 >= since.getTime());
      if (card.hidden === fits) card.hidden = !fits;
      shown += fits;
    }
    // The cards themselves change places, for the eye, the Tab key and screen readers alike.
    const order = ORDERS[wanted.order];
    const sorted = order ? [...all].sort((a, b) => order(a.dataset, b.dataset)) : all;
    if (sorted.some((card, index) => card !== all[index])) all[0].parentElement.append(...sorted);
    const words = shown < all.length ? shown + ' of ' + all.length + ' shown' : '';
    const count = document.getElementById('shown-count'), none = document.getElementById('none-shown');
    if (count && count.textContent !== words) count.textContent = words;
    if (none && none.hidden !== !(all.length && !shown)) none.hidden = !(all.length && !shown);
  }

  /* ---------------------------------------------------------------- which cards are chosen */

  const chosen = new Set();

  function choose() {
    const boxes = Array.from(document.querySelectorAll('#library input[name=chosen]'));
    const known = new Set(boxes.map((box) => box.value));
    if (boxes.length) for (const id of [...chosen]) if (!known.has(id)) chosen.delete(id);
    for (const box of boxes) if (box.checked !== chosen.has(box.value)) box.checked = chosen.has(box.value);
    const bar = document.querySelector('#chosen .chosen');
    if (!bar) return;
    document.body.classList.toggle('choosing', chosen.size > 0);
    const most = Number(bar.dataset.most), ids = [...chosen].join(',');
    const words = chosen.size + ' chosen' + (chosen.size > most ? '; at most ' + most + ' can be asked together' : '');
    const count = document.getElementById('chosen-count');
    if (count.textContent !== words) count.textContent = words;
    for (const button of bar.querySelectorAll('[data-chosen]')) button.dataset.documents = ids;
    bar.querySelector('[data-act=together]').disabled = chosen.size > most;
  }

  document.addEventListener('change', (event) => {
    if (event.target.closest('#filters')) sift();
    if (!event.target.matches('#library input[name=chosen]')) return;
    if (event.target.checked) chosen.add(event.target.value);
    else chosen.delete(event.target.value);
    choose();
  });

  document.addEventListener('click', (event) => {
    const go = event.target.closest('[data-go]')?.dataset.go;
    if (go === 'choose-all') for (const card of cards()) if (!card.hidden) chosen.add(card.querySelector('input').value);
    if (go === 'choose-none') chosen.clear();
    if (go === 'choose-all' || go === 'choose-none') choose();
    if (go !== 'show-all') return;
    for (const name of ['kind', 'state', 'days']) choice(name).value = '';
    sift();
  });

  /* ---------------------------------------------------------------- settings */

  const systemIsDark = window.matchMedia('(prefers-color-scheme: dark)');

  function showTheme() {
    const now = localStorage.getItem('precis-theme') || 'system';
    for (const button of document.querySelectorAll('[data-go=theme-of]')) {
      const pressed = String(button.dataset.theme === now);
      if (button.getAttribute('aria-pressed') !== pressed) button.setAttribute('aria-pressed', pressed);
    }
  }

  document.addEventListener('click', (event) => {
    const control = event.target.closest('[data-go]');
    if (control?.dataset.go === 'theme-of') {
      const wish = control.dataset.theme;
      if (wish === 'system') localStorage.removeItem('precis-theme');
      else localStorage.setItem('precis-theme', wish);
      document.body.classList.toggle('dark', wish === 'dark' || (wish === 'system' && systemIsDark.matches));
    }
    showTheme();
  });
  systemIsDark.addEventListener('change', () => {
    if (!localStorage.getItem('precis-theme')) document.body.classList.toggle('dark', systemIsDark.matches);
  });

  /* ---------------------------------------------------------------- begin */

  const look = () => { sift(); choose(); showTheme(); };
  look();
  new MutationObserver(look).observe(document.querySelector('gradio-app') || document.body, { subtree: true, childList: true });
}
