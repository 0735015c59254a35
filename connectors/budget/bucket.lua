-- One account's points and places. What each part is for stands in bucket.py, which says the same.
--
-- KEYS[1]: the account. ARGV: what is asked, rate, size and places as declared, the request's key,
-- then what that question needs. Nothing that is not a number or a truth is '' here.

local question, key = ARGV[1], ARGV[5]
local rate, size, places = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local is_limited = rate > 0
local RESERVES = {[0] = 0, 0.02, 0.05, 0.1, 0.2}
local POLL, PAUSE, GRACE, MINUTE, KEPT = 0.02, 1, 1, 60, 7200

local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000

local function open()
  local kept = redis.call('GET', KEYS[1])
  if kept then return cmsgpack.unpack(kept) end
  return {at = now, level = size, turn = 0, taught = 0, used = 0,
          going = {}, queue = {}, throttled = {}}
end

local it = open()

local function next_turn()
  it.turn = it.turn + 1
  return it.turn
end

local function pass_time()
  if it.size then size, rate = it.size, it.rate end
  local passed = math.max(0, now - it.at)
  it.at = it.at + passed
  it.level = math.min(size, it.level + passed * rate)
  it.used = it.used * math.exp(-passed / MINUTE)
  local busy = 0
  for other, one in pairs(it.going) do
    if one.ends > now then busy = busy + 1 else it.going[other] = nil end
  end
  for other, one in pairs(it.queue) do
    if one.ends <= now then it.queue[other] = nil end
  end
  return busy
end

local busy = pass_time()

local function has_place(ahead)
  return places == 0 or busy + ahead < places
end

local function missing(lane, cost)
  if not is_limited then return -math.huge end
  return math.min(cost + RESERVES[math.min(lane, 4)] * size, size) - it.level
end

local function goes_before(one, other)
  return one.lane < other.lane or (one.lane == other.lane and one.turn < other.turn)
end

local function who_may()
  local names, found, points = {}, {}, 0
  for other in pairs(it.queue) do names[#names + 1] = other end
  table.sort(names, function(a, b) return goes_before(it.queue[a], it.queue[b]) end)
  for _, other in ipairs(names) do
    local one = it.queue[other]
    if missing(one.lane, one.cost) + points > 0 or not has_place(#found) then break end
    found[#found + 1] = other
    points = points + one.cost
  end
  return found
end

local function ask(lane, cost, seconds)
  local mine = it.queue[key] or {cost = cost, turn = next_turn(), lane = lane}
  local ahead, lacking = 0, missing(lane, cost)
  for other, one in pairs(it.queue) do
    if other ~= key and goes_before(one, mine) then
      ahead, lacking = ahead + 1, lacking + one.cost
    end
  end
  if lacking <= 0 and has_place(ahead) then
    local price = is_limited and math.min(cost, size) or 0
    it.queue[key] = nil
    it.level, it.used = it.level - price, it.used + price
    it.going[key] = {ends = now + seconds, cost = price, turn = next_turn()}
    busy = busy + 1
    return 1, 0
  end
  local wait = POLL * (ahead + 1)
  if lacking > 0 then
    wait = math.min(busy > 0 and wait or PAUSE, math.max(0.001, lacking / rate))
  end
  mine.ends = now + wait + GRACE
  it.queue[key] = mine
  return 0, wait
end

local function learn(available, turn)
  local later, every = 0, 0
  for _, one in pairs(it.going) do
    every = every + one.cost
    if one.turn > turn then later = later + one.cost end
  end
  it.level = math.min(math.max(it.level, available - every), available - later)
end

local function refuse()
  it.level = math.min(it.level, 0)
  local minute, kept = math.floor(now / MINUTE), {}
  for at, count in pairs(it.throttled) do
    if at > minute - 60 then kept[at] = count end
  end
  kept[minute] = (kept[minute] or 0) + 1
  it.throttled = kept
end

local function settle(cost, is_throttled, available, most, per_second)
  local gone = it.going[key]
  if gone then
    it.going[key] = nil
    busy = busy - 1
  end
  if gone and cost and is_limited then
    it.level = math.min(size, it.level + gone.cost - cost)
    it.used = it.used + cost - gone.cost
  end
  if available and per_second > 0 then
    it.size, it.rate = most, per_second
    size, rate = most, per_second
    if gone and gone.turn > it.taught then
      it.taught = gone.turn
      learn(available, gone.turn)
    end
  end
  if is_throttled then refuse() end
end

local function look()
  local waiting, throttled = 0, 0
  for _ in pairs(it.queue) do waiting = waiting + 1 end
  for at, count in pairs(it.throttled) do
    if at > math.floor(now / MINUTE) - 60 then throttled = throttled + count end
  end
  if not is_limited then size, rate = 0, 0 end
  return {tostring(math.min(it.level, size)), tostring(size), tostring(rate), tostring(it.used),
          throttled, busy, waiting}
end

if question == 'look' then return look() end

local may_go, wait = 1, 0
if question == 'ask' then
  may_go, wait = ask(tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]))
elseif question == 'settle' then
  settle(tonumber(ARGV[6]), ARGV[7] == '1', tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]))
else
  it.queue[key] = nil
end
redis.call('SET', KEYS[1], cmsgpack.pack(it), 'EX', KEPT)
return {may_go, tostring(wait), unpack(who_may())}
