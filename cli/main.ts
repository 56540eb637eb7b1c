#!/usr/bin/env node
// Before all else: who has started this may be gone by the time that the rest is read and the machine is looked at.
import "./starters.ts";

await import("./command-line.ts");
