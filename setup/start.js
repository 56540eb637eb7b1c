// `npm start`: the goal spike unless a command is given. `npm start -- run presale --clients 5000` passes through;
// flags alone (`npm start -- --clients 500`) go to the goal spike.
const given = process.argv.slice(2);
const command = given.length === 0 || given[0].startsWith("-") ? ["run", "goal-spike", ...given] : given;
const cli = new URL("../cli/main.ts", import.meta.url);
// In this process: a signal reaches the run itself, and once.
process.argv = [process.argv[0], cli.pathname, ...command];
await import(cli.href);
