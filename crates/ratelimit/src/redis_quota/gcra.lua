-- Takes a token of KEYS[1], if there is one, by the clock of this server.
-- ARGV: the interval between two tokens, and how far ahead of its time a call may be; nanoseconds.
-- Answers how long it is until there is a token, in nanoseconds: 0 if one was taken.
--
-- The value is the instant at which the next call would come if all came evenly, as seconds and
-- nanoseconds apart: together they would not fit a number of this language, a double.

local interval, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local now = redis.call('TIME')
local seconds, nanos = tonumber(now[1]), tonumber(now[2]) * 1000

-- How far that instant lies ahead of now. What is not ours to read is no limit.
local ahead = 0
local value = redis.call('GET', KEYS[1])
if value then
  local s, n = string.match(value, '^(%d+):(%d+)$')
  if s then
    ahead = (tonumber(s) - seconds) * 1e9 + (tonumber(n) - nanos)
  end
end
if ahead < 0 then
  ahead = 0
end
-- More than this it never is, unless the clock was set back or the quota made smaller.
if ahead > tolerance + interval then
  ahead = tolerance + interval
end

if ahead > tolerance then
  return math.ceil(ahead - tolerance)
end

ahead = ahead + interval
local total = nanos + ahead
local carry = math.floor(total / 1e9)
local next = string.format('%.0f:%.0f', seconds + carry, total - carry * 1e9)
-- When all tokens are back there is nothing to remember.
redis.call('SET', KEYS[1], next, 'PX', string.format('%.0f', math.ceil(ahead / 1e6)))
return 0
