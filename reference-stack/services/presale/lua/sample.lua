-- Free seats of a section, at random; side by side where some are found so.
-- KEYS  free of the section, sold-out
-- ARGV  seats wanted, places to look at
-- Gives the seats; none: {}, or {'sold-out'} when that is so for good.
local free, wanted = KEYS[1], tonumber(ARGV[1])
if redis.call('EXISTS', free) == 0 then
  return redis.call('EXISTS', KEYS[2]) == 1 and {'sold-out'} or {}
end
if wanted > 1 then
  -- Each drawn by itself: fewer seats than places would come as they lie, to everybody in the same order.
  for _, seat in ipairs(redis.call('SRANDMEMBER', free, -ARGV[2])) do
    local row, first = string.match(seat, '^(.+%-)(%d+)$')
    local found = {seat}
    for number = first + 1, first + wanted - 1 do
      local beside = row .. string.format('%d', number)
      if redis.call('SISMEMBER', free, beside) == 0 then break end
      found[#found + 1] = beside
    end
    if #found == wanted then return found end
  end
end
return redis.call('SRANDMEMBER', free, wanted)
