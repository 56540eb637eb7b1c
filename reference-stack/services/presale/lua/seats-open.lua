-- Puts rows of a section on sale; a seat that is held or sold stays as it is, so that this may be said twice.
-- KEYS  free of the section, seats
-- ARGV  section, first row, last row, seats in a row
-- Gives the number of seats that were not there before.
local free, seats = KEYS[1], KEYS[2]
local section, perRow = ARGV[1], tonumber(ARGV[4])
local added = 0
for row = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  local ids = {}
  for seat = 1, perRow do
    local id = section .. '-' .. row .. '-' .. seat
    if redis.call('HEXISTS', seats, id) == 0 then ids[#ids + 1] = id end
  end
  if #ids > 0 then added = added + redis.call('SADD', free, unpack(ids)) end
end
return added
