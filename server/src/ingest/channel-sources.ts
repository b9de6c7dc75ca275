/**
 * What kind of place a visit comes from, by the domain of the referrer or by utm_source.
 *
 * Chosen from the source categories Google publishes for its default channel group (support.google.com/analytics/answer/9756891): the places
 * that still send visitors, with AI assistants, messengers and newer networks added. An entry with a dot covers the domain and its
 * subdomains, the longest entry wins; with `=` in front it covers only that domain (docs.google.com is no search engine); an entry
 * without a dot is a name people write into utm_source, or an application's id.
 */
export type SourceKind = keyof typeof places

const places = {
  ai: `chatgpt chatgpt.com openai chat.openai.com com.openai.chatgpt perplexity perplexity.ai ai.perplexity.app.android claude claude.ai
    com.anthropic.claude gemini gemini.google.com bard.google.com com.google.android.apps.bard aistudio.google.com notebooklm.google.com
    copilot copilot.microsoft.com copilot.cloud.microsoft m365.cloud.microsoft edgeservices.bing.com com.microsoft.copilot deepseek
    chat.deepseek.com deepseek.com grok grok.com mistral chat.mistral.ai meta.ai poe poe.com you.com phind phind.com pi.ai duck.ai kimi.com
    kimi.moonshot.cn chat.qwen.ai tongyi.aliyun.com doubao.com chatglm.cn chat.z.ai yuanbao.tencent.com felo.ai iask.ai andisearch.com
    genspark.ai manus.im komo.ai lechat`,
  search: `google bing yahoo duckduckgo baidu yandex ecosia qwant startpage brave sogou naver daum seznam adwords googleads bingads
    lens.google.com images.google.com =news.google.com =search.google.com com.google.android.googlequicksearchbox
    bing.com search.yahoo.com search.yahoo.co.jp duckduckgo.com baidu.com ya.ru ecosia.org qwant.com startpage.com search.brave.com sogou.com
    so.com 360.cn =naver.com m.naver.com search.naver.com =daum.net search.daum.net seznam.cz search.seznam.cz go.mail.ru =rambler.ru
    nova.rambler.ru msn.com =aol.com search.aol.com search.aol.co.uk ask.com dogpile.com metager.de metager.org mojeek.com swisscows.com
    kagi.com presearch.com search.lilo.org onet.pl search.ukr.net petalsearch.com excite.com lycos.com websearch.rakuten.co.jp`,
  social: `facebook fb facebook.com fb.com fb.me messenger messenger.com instagram ig instagram.com com.instagram.android com.facebook.katana
    threads threads.net threads.com x twitter t.co x.com twitter.com com.twitter.android tweetdeck.com linkedin linkedin.com lnkd.in
    com.linkedin.android reddit reddit.com redd.it com.reddit.frontpage pinterest pinterest.com pin.it tiktok tiktok.com snapchat
    snapchat.com mastodon mastodon.social bluesky bsky bsky.app go.bsky.app whatsapp whatsapp.com wa.me telegram t.me telegram.org
    telegram.me web.telegram.org org.telegram.messenger discord discord.com discordapp.com wechat wechat.com weixin.qq.com qzone.qq.com
    weibo weibo.com weibo.cn vk vk.com vkontakte.ru ok.ru odnoklassniki.ru line line.me kakao kakao.com zalo zalo.me viber viber.com skype
    skype.com tumblr tumblr.com quora quora.com medium medium.com hackernews news.ycombinator.com producthunt producthunt.com
    stackoverflow.com stackexchange.com superuser.com serverfault.com askubuntu.com xing xing.com nextdoor nextdoor.com flickr.com
    deviantart.com meetup.com goodreads.com slideshare.net flipboard flipboard.com getpocket.com digg.com slashdot.org disqus.com
    wordpress.com blogger.com blogspot.com livejournal.com ameblo.jp hatena.ne.jp note.com mixi.jp blog.naver.com cafe.naver.com
    tieba.baidu.com zhihu.com douban.com xiaohongshu.com dzen.ru yelp.com tripadvisor.com glassdoor.com trustpilot.com groups.google.com
    sites.google.com plus.google.com hootsuite hootsuite.com buffer lemmy.world social`,
  video: `youtube yt youtube.com youtu.be com.google.android.youtube vimeo vimeo.com twitch twitch.tv dailymotion dailymotion.com rumble.com
    bilibili.com youku.com iqiyi.com niconico nicovideo.jp netflix netflix.com hulu hulu.com disneyplus.com ted.com wistia wistia.com
    wistia.net odysee.com rutube.ru tv.naver.com crackle.com curiositystream.com veoh.com`,
  shopping: `amazon ebay etsy etsy.com walmart walmart.com alibaba alibaba.com aliexpress aliexpress.com shopify =shopify.com shop.app
    googleshopping shopping.google.com igshopping mercadolibre mercadolibre.com shopping.yahoo.com shopping.yahoo.co.jp shopping.naver.com
    temu temu.com shein shein.com wish.com target.com bestbuy.com idealo idealo.de kelkoo.com pricerunner.com shopzilla.com geizhals.de
    rakuten.com flipkart.com lazada.com shopee.com otto.de zalando.de allegro.pl jd.com taobao.com tmall.com`,
  email: `gmail outlook newsletter mailchimp mail.google.com com.google.android.gm outlook.live.com outlook.office.com outlook.office365.com
    outlook.com mail.yahoo.com mail.yahoo.co.jp mail.aol.com mail.proton.me mail.yandex.ru mail.yandex.com e.mail.ru mail.ru mail.naver.com
    mail.qq.com mail.163.com mail.zoho.com webmail.gmx.net navigator.gmx.net web.de mail.rambler.ru email.seznam.cz app.fastmail.com
    icloud.com com.microsoft.office.outlook`,
} as const

/** Houses with one domain in each country: google.de, amazon.co.uk, yandex.com.tr. Their subdomains are listed above, or are none of this. */
const houses = new Set(['google', 'yahoo', 'yandex', 'bing', 'amazon', 'ebay', 'pinterest', 'aliexpress', 'mercadolibre'])
const houseDomain = /^(?:m\.|smile\.)?([a-z]+)\.(?:com?\.)?[a-z]{2,3}$/

const alone = new Map<string, SourceKind>()
const covered = new Map<string, SourceKind>()
const named = new Map<string, SourceKind>()
for (const [kind, entries] of Object.entries(places) as [SourceKind, string][]) {
  for (const entry of entries.split(/\s+/)) {
    if (entry.startsWith('=')) alone.set(entry.slice(1), kind)
    else (entry.includes('.') ? covered : named).set(entry, kind)
  }
}

/** Of a domain as readReferrer answers it. */
export function kindOfDomain(domain: string): SourceKind | undefined {
  if (domain === '') return undefined
  const only = alone.get(domain)
  if (only !== undefined) return only
  for (let rest = domain; rest.includes('.'); rest = rest.slice(rest.indexOf('.') + 1)) {
    const kind = covered.get(rest)
    if (kind !== undefined) return kind
  }
  const house = houseDomain.exec(domain)?.[1]
  return house !== undefined && houses.has(house) ? named.get(house) : undefined
}

/** Of a utm_source in lower case: a name, a domain, or either with "ads" behind it ("fb_ads", "google-ads"), which says it was paid for. */
export function kindOfSource(source: string): { kind: SourceKind | undefined; paid: boolean } {
  const plain = source.startsWith('www.') ? source.slice(4) : source
  const kind = named.get(plain) ?? kindOfDomain(plain)
  if (kind !== undefined) return { kind, paid: paidNames.has(plain) }
  const advertised = /^(.+?)[-_ .]?ads?$/.exec(plain)?.[1]
  const behind = advertised === undefined ? undefined : named.get(advertised)
  return { kind: behind, paid: behind !== undefined }
}
const paidNames = new Set(['adwords', 'googleads', 'bingads'])
