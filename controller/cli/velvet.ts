#!/usr/bin/env node
/**
 * The entry of every command. It holds only what an older Node can still parse and run, so that it can say which Node is needed;
 * everything else is imported after that check.
 */
const NEEDED = "24.12";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `Velvet needs Node ${NEEDED} or newer, and this is Node ${process.versions.node}.\n` +
      `Nothing was done.\n` +
      `Install Node ${NEEDED}, or run it in a checkout with npm (\`npm run velvet -- --help\`), which brings its own.\n`,
  );
  process.exitCode = 1;
} else {
  const { runVelvet } = await import("./program.ts");
  process.exitCode = await runVelvet(process.argv.slice(2), process);
}
