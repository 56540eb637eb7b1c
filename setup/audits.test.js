import { expect, test } from "vitest";
import { goAnswer, npmAnswer } from "./audits.js";

test.each([
  ["nothing is known", true, "found 0 vulnerabilities\n", "passed"],
  ["something is", false, "# npm audit report\n\nleft-pad  *\nSeverity: high\n", "failed"],
  [
    "no endpoint",
    false,
    "npm warn audit 405 Method Not Allowed\nnpm error audit endpoint returned an error\n",
    "skipped",
  ],
  ["no network", false, "npm error request failed, reason: getaddrinfo ENOTFOUND\n", "skipped"],
])("npm: %s", (_, ok, output, answer) => {
  expect(npmAnswer({ ok, output })).toBe(answer);
});

test.each([
  ["nothing is known", true, "No vulnerabilities found.\n", "passed"],
  ["something is reached", false, "Your code is affected by 1 vulnerability from 1 module.\n", "failed"],
  [
    "no database",
    false,
    "govulncheck: fetching vulnerabilities: dial tcp: no such host\nexit status 1\n",
    "skipped",
  ],
  ["it cannot be built", false, "go: downloading golang.org/x/vuln: no such host\n", "skipped"],
])("govulncheck: %s", (_, ok, output, answer) => {
  expect(goAnswer({ ok, output })).toBe(answer);
});
