-- Posts logins, one person after the other: lines of host, cookie, body, address in the file of LOGINS, tabs between.
local requests = {}
local at = 0

function init(_)
  for line in io.lines(os.getenv("LOGINS")) do
    local host, cookie, body, address = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    requests[#requests + 1] = wrk.format("POST", nil, {
      ["Host"] = host, ["Cookie"] = cookie, ["X-Forwarded-For"] = address, ["Origin"] = "https://" .. host,
      ["Content-Type"] = "application/x-www-form-urlencoded",
    }, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

local refused = 0
function response(status, _, _)
  if status ~= 303 then refused = refused + 1 end
  wrk.thread:set("refused", refused)
end

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

function done(summary, latency, _)
  local all = 0
  for _, thread in ipairs(threads) do all = all + (thread:get("refused") or 0) end
  print(string.format("FIGURES %d %d %d %d %d", summary.requests, all + summary.errors.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
