#!/usr/bin/env node
/** The entry as a plugin of kubectl, which finds it on the PATH by its name: `kubectl velvet …`. An older Node can still parse it. */
const NEEDED = "24.12";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(
    `kubectl velvet needs Node ${NEEDED} or newer, and this is Node ${process.versions.node}.\n` +
      `Nothing was done.\n` +
      `Install Node ${NEEDED}; kubectl runs the node that is first on your PATH.\n`,
  );
  process.exitCode = 1;
} else {
  const [first, ...words] = process.argv.slice(2);
  if (first === "__complete") {
    const { completeVelvet } = await import("./complete-entry.ts");
    await completeVelvet(words, process);
  } else {
    const { runVelvet } = await import("./program.ts");
    process.exitCode = await runVelvet(process.argv.slice(2), process, { plugin: true });
  }
}
