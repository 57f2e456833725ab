import { installPrograms } from '../../lab/services/find-services.js';
import { installKustomize } from '../deploy/kustomize.js';
import { installShellcheck } from '../deploy/shellcheck.js';
import { installMonitoring } from '../observability/programs.js';
import { installChromium } from '../web/chromium.js';

/**
 * Silent when RabbitMQ, Redis, Prometheus, Alertmanager, kustomize, shellcheck and Chromium are there. Never fails:
 * tests that need them say what to install.
 */
async function main(): Promise<void> {
  const say = (line: string) => process.stdout.write(`${line}\n`);
  for (const install of [
    installPrograms,
    installMonitoring,
    installKustomize,
    installShellcheck,
    installChromium,
  ]) {
    try {
      await install(say);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }
}

void main();
