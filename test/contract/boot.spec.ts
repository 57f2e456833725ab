import { Controller } from '@nestjs/common';
import { EventPattern, MessagePattern } from '@nestjs/microservices';
import { z } from 'zod';
import { defineEvents, event } from '../../src/common/messaging/contract.js';
import { Handles, On } from '../../src/common/messaging/handler.decorators.js';
import { ParcelsApi, ParcelsController } from './parcels.js';
import { startProcess } from './process.js';

const ParcelEvents = defineEvents('parcels', {
  lost: event({ payload: z.object({ id: z.string() }), key: ({ id }) => id }),
});

@Controller()
class ListsOnly {
  @Handles(ParcelsApi.calls.list)
  list() {
    return Promise.resolve(['a']);
  }
}

@Controller()
class ListsToo {
  @Handles(ParcelsApi.calls.list)
  list() {
    return Promise.resolve(['b']);
  }
}

@Controller()
class Mourner {
  @On(ParcelEvents.lost, 'mourners')
  onLost() {
    return Promise.resolve();
  }
}

@Controller()
class SecondMourner {
  @On(ParcelEvents.lost, 'mourners')
  onLost() {
    return Promise.resolve();
  }
}

@Controller()
class Bystander {
  @On(ParcelEvents.lost, 'bystanders')
  onLost() {
    return Promise.resolve();
  }
}

@Controller()
class BareCall {
  @MessagePattern('parcels.list')
  list(_input: unknown) {
    return Promise.resolve([]);
  }
}

@Controller()
class BareEvent {
  @EventPattern('parcels.lost.v1')
  onLost(_event: unknown) {
    return Promise.resolve();
  }
}

describe('a process boots', () => {
  it('when every call of a hosted module has its one handler', async () => {
    const process = await startProcess({
      controllers: [ParcelsController, Mourner, Bystander],
      apis: [ParcelsApi],
    });
    await process.stop();
  });

  it.each([
    ['a call has no handler', [ListsOnly], 'No handler for parcels.weigh, parcels.forget'],
    ['a call has two handlers', [ParcelsController, ListsToo], 'Two handlers for parcels.list'],
    [
      'a consumer has two handlers for an event',
      [ParcelsController, Mourner, SecondMourner],
      'Two handlers of mourners for parcels.lost.v1',
    ],
    ['a call was declared past the contract', [BareCall], 'not declared with @Handles or @On'],
    ['an event was taken in past the contract', [BareEvent], 'not declared with @Handles or @On'],
  ])('not when %s', async (_, controllers, complaint) => {
    await expect(startProcess({ controllers, apis: [ParcelsApi] })).rejects.toThrow(complaint);
  });
});
