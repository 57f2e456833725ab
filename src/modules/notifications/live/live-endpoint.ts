import type { Server } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { OperationsDesk } from '../../../common/operations/operations-desk.js';
import { TokenVerifier } from '../../../common/security/token-verifier.js';
import { serviceOf } from '../../../common/telemetry/names.js';
import { connections } from '../notifications.metrics.js';
import { Hub } from './hub.js';
import { LiveServer } from './live.server.js';
import { LIVE_LIMITS, type LiveLimits } from './live-limits.js';

/** Opens `WS /ws` on the application's HTTP server, and closes it before that server waits for its connections. */
@Injectable()
export class LiveEndpoint implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly server: LiveServer;
  private stopTelling: () => void = () => undefined;

  constructor(
    private readonly host: HttpAdapterHost,
    hub: Hub,
    verifier: TokenVerifier,
    private readonly desk: OperationsDesk,
    @Inject(LIVE_LIMITS) limits: LiveLimits,
  ) {
    this.server = new LiveServer(hub, verifier, limits, desk);
  }

  onApplicationBootstrap(): void {
    this.stopTelling = connections.from(() => [
      { service: serviceOf('notifications'), labels: {}, value: this.server.connected },
    ]);
    this.desk.open();
    this.server.attach(this.host.httpAdapter.getHttpServer() as Server);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopTelling();
    await this.server.close();
  }
}
