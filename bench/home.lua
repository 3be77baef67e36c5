-- Asks for the home page of one browser after the other: lines of host, tab, cookie in the file of BROWSERS.
local requests = {}
local at = 0

function init(_)
  for line in io.lines(os.getenv("BROWSERS")) do
    local host, cookie = line:match("^(.-)\t(.*)$")
    requests[#requests + 1] = wrk.format("GET", nil, {["Host"] = host, ["Cookie"] = cookie, ["Accept"] = "text/html"})
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency, _)
  local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    + summary.errors.status
  print(string.format("FIGURES %d %d %d %d %d", summary.requests, failed, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
