-- Takes a job, or keeps it: one worker has it until it lets it go, or is silent for too long.
-- KEYS  lease
-- ARGV  worker, ms until it is free again (0: let it go)
-- Gives 1 when the job is this worker's.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
