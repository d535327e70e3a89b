/* Saving a file: it is fetched before the browser is given it, so that what stands against it is said in the
   server's own words. A link alone would end as a failed download without a reason. */
() => {
  const say = (words) => document.dispatchEvent(new CustomEvent('precis-say', { detail: words }));

  function give(data, name) {
    const link = document.createElement('a'), address = URL.createObjectURL(data);
    Object.assign(link, { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  async function save(address) {
    try {
      const response = await fetch(address);
      if (response.ok) {
        const name = response.headers.get('Content-Disposition')?.match(/filename="([^"]+)"/)?.[1];
        return give(await response.blob(), name || 'precis');
      }
      say(await response.text());
      if (response.status === 423) document.dispatchEvent(new CustomEvent('precis-locked'));
    } catch {
      say('The file could not be fetched. Is Precis still running? Try again.');
    }
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[download]');
    if (!link) return;
    event.preventDefault();
    save(link.href);
  });
}
