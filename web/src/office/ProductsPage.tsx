import {
  Badge,
  Button,
  Group,
  Modal,
  NumberInput,
  Stack,
  Switch,
  Textarea,
  TextInput,
  VisuallyHidden,
} from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { FormEnd } from '../components/FormEnd';
import { fieldOf } from '../components/delivery';
import { LinkTo } from '../components/links';
import { Heading, Refused } from '../components/states';
import { digitsOf, moneyText } from '../format';
import { type Product, refetch } from '../queries';
import { strings } from '../strings';
import { FilterForm } from './FilterForm';
import { type Column, List } from './List';
import { officeProductsQuery } from './queries';

const { office } = strings;
const { products: text } = office;
const CURRENCY = 'EUR';

const COLUMNS: Column<Product>[] = [
  {
    head: text.sku,
    cell: ({ sku }) => (
      <LinkTo to="/office/stock/$sku" params={{ sku }}>
        {sku}
      </LinkTo>
    ),
  },
  {
    head: text.name,
    cell: ({ name, active }) => (
      <>
        {name}{' '}
        {!active && (
          <Badge color="gray" variant="light" tt="none" className="badge">
            {text.inactive}
          </Badge>
        )}
      </>
    ),
  },
  { head: text.price, cell: ({ price }) => moneyText(price), figures: true },
];

export function ProductsPage() {
  const { q } = useSearch({ from: '/office/products' });
  const query = useInfiniteQuery(officeProductsQuery(q));
  const navigate = useNavigate();
  /** The product that is edited; null for a new one. */
  const [edited, setEdited] = useState<Product | null | undefined>(undefined);
  const close = () => setEdited(undefined);
  return (
    <Stack>
      <Heading>{text.title}</Heading>
      <Group justify="space-between" align="end">
        <FilterForm
          values={{ q }}
          search={(values) => void navigate({ to: '/office/products', search: { q: values.q } })}
        >
          <TextInput name="q" type="search" label={strings.products.search} maxLength={100} w={220} />
        </FilterForm>
        <Button variant="default" onClick={() => setEdited(null)}>
          {text.add}
        </Button>
      </Group>
      <Modal
        opened={edited !== undefined}
        onClose={close}
        title={edited ? text.edit(edited.name) : text.add}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        {edited !== undefined && <Form product={edited} close={close} />}
      </Modal>
      <List
        query={query}
        none={text.none}
        keyOf={({ sku }) => sku}
        columns={[
          ...COLUMNS,
          {
            head: <VisuallyHidden>{office.more}</VisuallyHidden>,
            cell: (product) => (
              <Button
                size="xs"
                variant="default"
                aria-label={text.edit(product.name)}
                onClick={() => setEdited(product)}
              >
                {text.editShort}
              </Button>
            ),
          },
        ]}
      />
    </Stack>
  );
}

/** What differs from how it was: what others have written meanwhile is not written over. */
function changed(before: Product, after: Product): Partial<Product> {
  const isOther = ([name, value]: [string, unknown]) =>
    JSON.stringify(value) !== JSON.stringify(before[name as keyof Product]);
  return Object.fromEntries(Object.entries(after).filter(isOther));
}

function Form({ product, close }: { product: Product | null; close: () => void }) {
  const currency = product?.price.currency ?? CURRENCY;
  const digits = digitsOf(currency);
  const { mutate, error, isPending } = useMutation({
    mutationFn: (wanted: Product) =>
      product
        ? client.PUT('/api/v1/products/{sku}', {
            params: { path: { sku: product.sku } },
            body: changed(product, wanted),
          })
        : client.POST('/api/v1/products', { body: wanted }),
    onSuccess: close,
    onSettled: () => refetch('office', 'products', 'product'),
  });
  const problem = error && Problem.of(error);
  const fields = problem?.fields ?? {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    mutate({
      sku: product?.sku ?? fieldOf(form, 'sku'),
      name: fieldOf(form, 'name'),
      description: fieldOf(form, 'description'),
      price: { amount: Math.round(Number(fieldOf(form, 'price')) * 10 ** digits), currency },
      imageUrl: fieldOf(form, 'imageUrl') || null,
      active: form.has('active'),
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {!product && (
          <TextInput name="sku" label={text.sku} description={text.skuHint} error={fields['sku']} required />
        )}
        <TextInput
          name="name"
          label={text.name}
          defaultValue={product?.name ?? ''}
          error={fields['name']}
          required
        />
        <Textarea
          name="description"
          label={text.description}
          defaultValue={product?.description ?? ''}
          error={fields['description']}
          autosize
          minRows={2}
        />
        <NumberInput
          name="price"
          label={text.priceIn(currency)}
          defaultValue={product ? product.price.amount / 10 ** digits : ''}
          error={fields['price.amount']}
          min={0}
          decimalScale={digits}
          fixedDecimalScale
          hideControls
          required
        />
        <TextInput
          name="imageUrl"
          label={text.image}
          defaultValue={product?.imageUrl ?? ''}
          error={fields['imageUrl']}
        />
        <Switch name="active" label={text.active} defaultChecked={product?.active ?? true} />
        <Refused problem={problem} />
        <FormEnd label={strings.save} busy={isPending} discard={close} />
      </Stack>
    </form>
  );
}
