/* The quote behind a chip, shown while the pointer or the focus is on it. */
() => {
  const card = document.createElement('div');
  Object.assign(card, { id: 'quote', hidden: true });
  card.setAttribute('role', 'tooltip');
  document.body.append(card);

  let quoted = null;
  function showQuote(chip) {
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

  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !quoted) return;
    showQuote(null);
    event.stopImmediatePropagation(); // this key closes one thing at a time
  }, true);
}
