/* The shop's own code. cairn(…) may be called before the tracker has loaded. */

// #region consent
const banner = document.querySelector('.consent')
banner.hidden = localStorage.getItem('consent') !== null
banner.addEventListener('click', ({ target }) => {
  const answer = target.dataset.consent
  if (!answer) return
  localStorage.setItem('consent', answer)
  cairn(answer === 'yes' ? 'optIn' : 'optOut')
  banner.hidden = true
})
// #endregion

// #region track
document.querySelector('[role=search]')?.addEventListener('submit', (event) => {
  event.preventDefault()
  const query = new FormData(event.target).get('q')
  cairn('track', 'search_performed', { metadata: { query } })
})
// #endregion

// #region identify
document.querySelector('#sign-up')?.addEventListener('submit', (event) => {
  event.preventDefault()
  const email = new FormData(event.target).get('email')
  cairn('identify', email, { newsletter: true })
  cairn('track', 'subscription_started', { entityType: 'subscription', entityId: 'monthly' })
  document.querySelector('[role=status]').textContent = 'Welcome! The first plant leaves the field on Monday.'
})
// #endregion
