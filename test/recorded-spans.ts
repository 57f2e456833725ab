import { trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { startTracing } from '../src/common/telemetry/tracing.js';

/** Records the spans of this process from now on, in the place of whatever traced it before. */
export function recordSpans(): { ended: () => ReadableSpan[]; named: (name: string) => ReadableSpan } {
  startTracing();
  trace.disable();
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }),
  );
  const ended = () => exporter.getFinishedSpans();
  return {
    ended,
    named: (name) => {
      const span = ended().find((each) => each.name === name);
      if (!span)
        throw new Error(
          `no span ${name}, but ${ended()
            .map((each) => each.name)
            .join(', ')}`,
        );
      return span;
    },
  };
}
