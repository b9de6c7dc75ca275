/** What of a query tells the way that led here, as the server reads it. Any other parameter may be a token, or what a form was sent with. */
const campaign = /^(utm_\w+|gad_source|[gw]braid|\w+clk?id|li_fat_id|rdt_cid|sccid|igshid)=/i

/** An address without its fragment, and of its query only what names a campaign. */
export function bare(address: string): string {
  const [page = '', query = ''] = address.replace(/#.*/, '').split('?')
  const kept = query
    .split('&')
    .filter((part) => campaign.test(part))
    .join('&')
  return kept ? `${page}?${kept}` : page
}

/** Of this page, as the id of an entity, which has at most 255 characters. */
export const pagePath = (): string => location.pathname.slice(0, 255)
