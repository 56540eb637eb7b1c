-- Free seats of a section, at random; side by side where some are found so, and others than were offered a moment ago.
-- KEYS  free of the section, offered of the section, sold-out
-- ARGV  seats wanted, places to look at, now ms, ms for which others are offered something else
-- Gives the seats; none: {}, or {'sold-out'} when that is so for good.
local free, offered, soldOut = unpack(KEYS)
local wanted, places, nowMs, offerMs = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('EXISTS', free) == 0 then
  return redis.call('EXISTS', soldOut) == 1 and {'sold-out'} or {}
end
redis.call('ZREMRANGEBYSCORE', offered, '-inf', nowMs)

-- Of three, the one that nobody looks at, or for the shortest time still: more would cost more than they bring.
local best, bestCost, found = nil, nil, 0
local consider = function(row, first)
  local run = {}
  for number = first, first + wanted - 1 do
    run[#run + 1] = row .. string.format('%d', number)
    if redis.call('SISMEMBER', free, run[#run]) == 0 then return false end
  end
  local cost = 0
  for _, untilMs in ipairs(redis.call('ZMSCORE', offered, unpack(run))) do
    cost = math.max(cost, tonumber(untilMs or 0))
  end
  found = found + 1
  if not best or cost < bestCost then best, bestCost = run, cost end
  return true
end

-- Each drawn by itself: fewer seats than places would come as they lie, to everybody in the same order.
for _, seat in ipairs(redis.call('SRANDMEMBER', free, -places)) do
  local row, number = string.match(seat, '^(.+%-)(%d+)$')
  number = tonumber(number)
  -- Who is offered 1-2 or 3-4 is in nobody's way; 2-3 would be in both's, and leave two single seats.
  local first = number - (number - 1) % wanted
  if not consider(row, first) and first ~= number then consider(row, number) end
  if bestCost == 0 or found == 3 then break end
end
best = best or redis.call('SRANDMEMBER', free, wanted)
for _, seat in ipairs(best) do redis.call('ZADD', offered, nowMs + offerMs, seat) end
redis.call('PEXPIRE', offered, offerMs)
return best
