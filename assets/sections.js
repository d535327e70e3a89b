/* Choosing sections: boxes to tick under the field "Pages or sections". The field holds the truth: what is
   ticked is written into it in place of what stood there, and of what is written there the sections are ticked. */
() => {
  const SECTION = /^(?:\u00a7|s)\s*(\d+)$/i;
  const boxes = () => Array.from(document.querySelectorAll('#sections input'));
  const field = () => document.getElementById('part').querySelector('input, textarea');

  document.addEventListener('change', (event) => {
    if (!event.target.matches('#sections input')) return;
    const ticked = boxes().filter((box) => box.checked).map((box) => '\u00a7' + box.value);
    field().value = ticked.join(', ');
    field().dispatchEvent(new Event('input', { bubbles: true }));
  });

  document.addEventListener('input', (event) => {
    if (!event.target.closest('#part')) return;
    const named = new Set(field().value.split(/[,;]/).map((part) => part.trim().match(SECTION)?.[1]));
    for (const box of boxes()) box.checked = named.has(box.value);
  });

  // With a document the server empties the field, which no event tells.
  document.addEventListener('precis-opened', () => { for (const box of boxes()) box.checked = false; });
}
