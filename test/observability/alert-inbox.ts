import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Delivery {
  receiver: string;
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Stands in for mail, Slack and PagerDuty: keeps what an Alertmanager delivers by webhook. */
export class AlertInbox {
  readonly deliveries: Delivery[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      type Body = { receiver: string; alerts: Omit<Delivery, 'receiver'>[] };
      const { receiver, alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Body;
      this.deliveries.push(...alerts.map((alert) => ({ ...alert, receiver })));
      response.end();
    });
  });

  static async open(): Promise<AlertInbox> {
    const inbox = new AlertInbox();
    await new Promise<void>((listening) => inbox.server.listen(0, '127.0.0.1', listening));
    return inbox;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** What came of one alert, in order. */
  of(alert: string): Delivery[] {
    return this.deliveries.filter(({ labels }) => labels['alertname'] === alert);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}
