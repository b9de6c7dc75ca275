/**
 * The functions that a query may call: of values, with no view of the machine, the server, its settings or other tables. What is not listed
 * is refused. Left out beside those: functions whose work has no bound in the size of their arguments, those that take types, functions or
 * aggregate states as text, and those whose answer depends on the order in which blocks are read.
 */
const ordinary = `
  abs acos acosh age and array arrayAll arrayAvg arrayCompact arrayConcat arrayCount arrayCumSum arrayCumSumNonNegative arrayDifference arrayDistinct
  arrayDotProduct arrayElement arrayEnumerate arrayEnumerateUniq arrayExcept arrayExists arrayFill arrayFilter arrayFirst arrayFirstIndex arrayFirstOrNull
  arrayFlatten arrayFold arrayIntersect arrayJaccardIndex arrayJoin arrayLast arrayLastIndex arrayLastOrNull arrayMap arrayMax arrayMin arrayPopBack
  arrayPopFront arrayProduct arrayPushBack arrayPushFront arrayReverse arrayReverseSort arrayReverseSplit arrayRotateLeft arrayRotateRight arrayShiftLeft
  arrayShiftRight arraySlice arraySort arraySplit arrayStringConcat arraySum arrayUnion arrayUniq arrayZip ascii asin asinh assumeNotNull atan atan2 atanh
  base64Decode base64Encode bin bitAnd bitCount bitNot bitOr bitShiftLeft bitShiftRight bitTest bitXor cbrt ceil ceiling char cityHash64 clamp coalesce
  concat concatWithSeparator concat_ws cos cosh countDigits countEqual countMatches countSubstrings countSubstringsCaseInsensitive cutFragment
  cutQueryString cutQueryStringAndFragment cutToFirstSignificantSubdomain cutURLParameter cutWWW dateDiff date_diff dateName dateTrunc date_trunc
  decodeURLComponent decodeURLFormComponent degrees divide domain domainWithoutWWW dynamicElement dynamicType e editDistance editDistanceUTF8 empty
  encodeURLComponent endsWith endsWithUTF8 equals erf erfc exp exp10 exp2 extract extractAll extractAllGroupsHorizontal extractAllGroupsVertical
  extractGroups extractTextFromHTML extractURLParameter extractURLParameterNames extractURLParameters farmHash64 firstSignificantSubdomain floor
  formatDateTime formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta fragment fromUnixTimestamp
  fromUnixTimestamp64Micro fromUnixTimestamp64Milli fromUnixTimestamp64Nano gcd greater greaterOrEquals greatest has hasAll hasAny hasSubstr hasToken
  hasTokenCaseInsensitive hex hypot identity if ifNotFinite ifNull ilike indexOf initcap initcapUTF8 intDiv intDivOrZero intHash32 intHash64 isFinite
  isInfinite isNaN isNotNull isNull isNullable isValidJSON isValidUTF8 isZeroOrNull jaroSimilarity jaroWinklerSimilarity JSONArrayLength JSONAllPaths
  JSONExtractArrayRaw JSONExtractBool JSONExtractFloat JSONExtractInt JSONExtractKeys JSONExtractKeysAndValuesRaw JSONExtractRaw JSONExtractString
  JSONExtractUInt JSONHas JSONLength JSONType JSON_EXISTS JSON_QUERY JSON_VALUE lcase lcm least left leftPad leftUTF8 length lengthUTF8 less lessOrEquals
  lgamma like ln locate log log10 log1p log2 lower lowerUTF8 lpad ltrim makeDate makeDate32 makeDateTime makeDateTime64 map mapAdd mapContains mapContainsKey
  mapFilter mapFromArrays mapKeys mapSubtract mapValues match MD5 midpoint minus mod modulo monthName multiFuzzyMatchAny multiIf multiMatchAny
  multiMatchAnyIndex multiply multiSearchAny multiSearchAnyCaseInsensitive multiSearchFirstIndex negate netloc ngramDistance ngramSearch not notEmpty
  notEquals notILike notLike nullIf or parseDateTime parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero
  parseDateTime64BestEffort parseDateTime64BestEffortOrNull parseDateTimeOrNull path pathFull pi plus port position positionCaseInsensitive
  positionCaseInsensitiveUTF8 positionUTF8 positiveModulo pow power protocol queryString queryStringAndFragment radians range regexpExtract
  regexpQuoteMeta repeat replace replaceAll replaceOne replaceRegexpAll replaceRegexpOne reverse reverseUTF8 right rightPad rightUTF8 round roundAge
  roundBankers roundDown roundDuration roundToExp2 rpad rtrim SHA1 SHA256 sigmoid sign sin sinh sipHash64 soundex space splitByChar splitByNonAlpha splitByRegexp
  splitByString splitByWhitespace sqrt startsWith startsWithUTF8 stringJaccardIndex substr substring substringIndex substringUTF8 subtractDays subtractHours
  subtractMinutes subtractMonths subtractQuarters subtractSeconds subtractWeeks subtractYears addDays addHours addMinutes addMonths addQuarters
  addSeconds addWeeks addYears tan tanh tgamma timeDiff timeSlot timeSlots timeZoneOffset timezoneOffset toBool toDate toDate32 toDateOrNull toDateOrZero
  toDateTime toDateTime64 toDateTime64OrNull toDateTimeOrNull toDateTimeOrZero toDayOfMonth toDayOfWeek toDayOfYear toDaysInMonth toDecimal128 toDecimal32
  toDecimal64 toDecimalString toFixedString toFloat32 toFloat32OrNull toFloat64 toFloat64OrDefault toFloat64OrNull toFloat64OrZero toHour toInt16 toInt32
  toInt32OrNull toInt32OrZero toInt64 toInt64OrDefault toInt64OrNull toInt64OrZero toInt8 toIntervalDay toIntervalHour toIntervalMinute toIntervalMonth
  toIntervalQuarter toIntervalSecond toIntervalWeek toIntervalYear toISOWeek toISOYear toJSONString toLastDayOfMonth toLastDayOfWeek toMillisecond
  toMinute toMonday toMonth toNullable toQuarter toRelativeDayNum toRelativeHourNum toRelativeMonthNum toRelativeWeekNum toSecond toStartOfDay
  toStartOfFifteenMinutes toStartOfFiveMinutes toStartOfHour toStartOfInterval toStartOfISOYear toStartOfMinute toStartOfMonth toStartOfQuarter
  toStartOfSecond toStartOfTenMinutes toStartOfWeek toStartOfYear toString toTimeZone toTimezone toTypeName toUInt16 toUInt32 toUInt32OrNull
  toUInt32OrZero toUInt64 toUInt64OrNull toUInt64OrZero toUInt8 toUnixTimestamp toUnixTimestamp64Micro toUnixTimestamp64Milli toUUID toUUIDOrNull
  toUUIDOrZero toWeek toYear toYearWeek toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss topLevelDomain transform translate translateUTF8 trim trimBoth trimLeft
  trimRight trunc truncate tuple tupleElement ucase unhex upper upperUTF8 URLHierarchy URLPathHierarchy widthBucket width_bucket xor xxHash64`

const aggregates = `
  any anyHeavy anyLast any_value argMax argMin avg avgWeighted corr count covarPop covarSamp deltaSum entropy first_value last_value groupArray
  groupArrayLast groupArrayMovingAvg groupArrayMovingSum groupArraySample groupArraySorted groupBitAnd groupBitOr groupBitXor groupConcat
  groupUniqArray kurtPop kurtSamp max max_by maxMap median medianExact min min_by minMap quantile quantileExact quantileExactExclusive quantileExactHigh
  quantileExactInclusive quantileExactLow quantileExactWeighted quantileInterpolatedWeighted quantileTDigest quantileTiming quantiles quantilesExact
  quantilesExactInclusive quantilesTDigest rankCorr retention sequenceCount sequenceMatch simpleLinearRegression singleValueOrNull skewPop skewSamp
  stddevPop stddevSamp string_agg studentTTest sum sumCount sumKahan sumMap topK topKWeighted uniq uniqCombined uniqExact uniqHLL12 varPop varSamp
  welchTTest windowFunnel histogram array_agg group_concat`
const windows = 'cume_dist dense_rank denseRank lag lagInFrame lead leadInFrame nth_value ntile percent_rank percentRank rank row_number'

const names = (list: string): string[] => list.trim().split(/\s+/)
const byLower = (list: readonly string[]): Map<string, string> => new Map(list.map((name) => [name.toLowerCase(), name]))
const callable = byLower([...names(ordinary), ...names(windows)])
const aggregate = byLower(names(aggregates))
const COMBINATORS = /(?:If|Array|Distinct|OrNull|OrDefault)+$/i
const combinators = ['If', 'Array', 'Distinct', 'OrNull', 'OrDefault']

/** A function's name as the engine writes it, whatever the case it was written in; undefined for one that may not be called. */
export function functionNamed(written: string): string | undefined {
  const lower = written.toLowerCase()
  const known = callable.get(lower) ?? aggregate.get(lower)
  if (known !== undefined) return known
  const combined = COMBINATORS.exec(written)?.[0]
  if (combined === undefined) return undefined
  // Names that end like a combinator are tried by the shortest ending first.
  for (let rest = written, ending = ''; ;) {
    const next = combinators.find((one) => rest.toLowerCase().endsWith(one.toLowerCase()))
    if (next === undefined) return undefined
    rest = rest.slice(0, -next.length)
    ending = next + ending
    const base = aggregate.get(rest.toLowerCase())
    if (base !== undefined) return base + ending
  }
}

/** What operators and other writing becomes in the engine. */
export const operatorFunctions: ReadonlySet<string> = new Set([
  ...[
    'CAST',
    '_CAST',
    'caseWithExpression',
    'countDistinct',
    'exists',
    'in',
    'notIn',
    'isDistinctFrom',
    'isNotDistinctFrom',
    'toTime',
    'toYear',
    'toIntervalMillisecond',
  ],
])

const types = byLower(
  names(`Int8 Int16 Int32 Int64 Int128 Int256 UInt8 UInt16 UInt32 UInt64 UInt128 UInt256 Float32 Float64 Bool Boolean String Date Date32 DateTime DateTime64
  UUID Decimal Decimal32 Decimal64 Decimal128 FixedString Nullable LowCardinality Array Tuple Map INT INTEGER BIGINT SMALLINT TINYINT FLOAT DOUBLE REAL TEXT VARCHAR CHAR TIMESTAMP`),
)
/** A type as the engine writes it; undefined for one that may not be named, such as states of aggregates, whose bytes the engine trusts. */
export const typeNamed = (written: string): string | undefined => types.get(written.toLowerCase())
