import { NativeSelect, SimpleGrid, Textarea, TextInput } from '@mantine/core';
import { session } from '../api/client';
import type { components } from '../api/schema';
import type { Order } from '../queries';
import { useStore } from '../store';
import { COUNTRIES, strings } from '../strings';

const { checkout } = strings;

interface Props {
  address: components['schemas']['Address'] | undefined;
  note: string | null;
  /** What is wrong with each, by the names that the API has for them. */
  fields: Record<string, string>;
}

/** Where an order goes, and what its owner has to say about it. */
export function DeliveryFields({ address, note, fields }: Props) {
  const user = useStore(session);
  const named = (name: string) => ({ name, error: fields[`shippingAddress.${name}`] });
  return (
    <>
      <TextInput
        {...named('name')}
        label={checkout.fullName}
        autoComplete="shipping name"
        defaultValue={address?.name ?? (typeof user === 'object' ? user.name : '')}
        maxLength={100}
        required
      />
      <TextInput
        {...named('line1')}
        label={checkout.line1}
        autoComplete="shipping address-line1"
        defaultValue={address?.line1 ?? ''}
        maxLength={200}
        required
      />
      <TextInput
        {...named('line2')}
        label={checkout.line2}
        autoComplete="shipping address-line2"
        defaultValue={address?.line2 ?? ''}
        maxLength={200}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          {...named('postalCode')}
          label={checkout.postalCode}
          autoComplete="shipping postal-code"
          defaultValue={address?.postalCode ?? ''}
          maxLength={20}
          required
        />
        <TextInput
          {...named('city')}
          label={checkout.city}
          autoComplete="shipping address-level2"
          defaultValue={address?.city ?? ''}
          maxLength={100}
          required
        />
      </SimpleGrid>
      <NativeSelect
        {...named('country')}
        label={checkout.country}
        autoComplete="shipping country"
        defaultValue={address?.country ?? 'DE'}
        data={COUNTRIES}
      />
      <Textarea
        name="note"
        label={checkout.note}
        defaultValue={note ?? ''}
        error={fields['note']}
        maxLength={1000}
        autosize
        minRows={1}
      />
    </>
  );
}

export function fieldOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** What stands in these fields, as the API takes it. */
export function deliveryOf(form: FormData): {
  shippingAddress: Order['shippingAddress'];
  note: string | null;
} {
  const field = (name: string) => fieldOf(form, name);
  return {
    shippingAddress: {
      name: field('name'),
      line1: field('line1'),
      line2: field('line2') || null,
      city: field('city'),
      postalCode: field('postalCode'),
      country: field('country'),
    },
    note: field('note') || null,
  };
}
