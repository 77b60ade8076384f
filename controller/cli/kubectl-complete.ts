#!/usr/bin/env node
/**
 * The entry by which kubectl completes `kubectl velvet …`: it finds `kubectl_complete-velvet` on the PATH and gives it the words. An older
 * Node can still parse it, and completes nothing.
 */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major > 24 || (major === 24 && minor >= 12)) {
  const { completeVelvet } = await import("./complete-entry.ts");
  await completeVelvet(process.argv.slice(2), process);
}
