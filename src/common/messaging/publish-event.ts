import { context } from '@opentelemetry/api';
import { subjectsIn } from '../telemetry/names.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { contextFrom, currentTraceparent, runAs, tellAbout } from '../telemetry/work-context.js';
import type { EventEnvelope } from './contract.js';
import type { EventBus } from './event-bus.js';
import { eventAttributes } from './module-transport.js';
import { eventsPublished } from './messaging.metrics.js';

/** Gives an event to the bus, in the trace of what caused it; whoever takes it in goes on from here. */
export function publishEvent(
  module: string,
  bus: Pick<EventBus, 'publish'>,
  envelope: EventEnvelope,
): Promise<void> {
  const options = () => ({ attributes: eventAttributes(envelope, 'publish') });
  const send = () =>
    inSpan(`${envelope.name} publish`, SpanKind.PRODUCER, options, async (span) => {
      tellAbout({ event_id: envelope.id, ...subjectsIn(envelope.payload) }, span);
      await bus.publish({ ...envelope, traceparent: currentTraceparent() });
      eventsPublished.inc({ event: envelope.name });
    });
  return context.with(contextFrom(envelope.traceparent), () => runAs(module, send));
}
