using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Inference;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The caches of several sessions that take their next token together, as one state whose streams they are: products with
/// weights are those of all of them, attention is each cache's own. Whatever each has read before, it gets the bits that it
/// gets alone.
/// </summary>
/// <param name="caches">Caches of one stream each, of the same model and sizes.</param>
internal sealed class CacheBatch(KeyValueCache[] caches) : ModelState(caches.Length), IAttentionCache
{
    private readonly CachedKeys[] _keys = new CachedKeys[caches.Length];

    public override int Rows => caches.Max(cache => cache.Rows);

    public override long Bytes => caches.Sum(cache => cache.Bytes);

    public override int Parts => caches.Length * caches[0].Parts;

    internal override int MaxTokens => 1;

    public override Tensor this[int part] => caches[part / caches[0].Parts][part % caches[0].Parts];

    public override Shape MaxShape(int part) => caches[0].MaxShape(part % caches[0].Parts);

    public override void Clear()
    {
        foreach (KeyValueCache cache in caches)
        {
            cache.Clear();
        }
    }

    public override void Restore(int part, int rows, ReadOnlySpan<float> states) =>
        caches[part / caches[0].Parts].Restore(part % caches[0].Parts, rows, states);

    public void Begin(int tokens)
    {
        foreach (KeyValueCache cache in caches)
        {
            cache.Begin(tokens);
        }
    }

    public Variable Attend(Tape tape, int layer, RelativeAttention attention, Variable projected, int results)
    {
        int width = projected.Shape[2] / 3;
        Variable output = tape.Constant(tape.Allocate(new Shape(1, Streams, width)));
        Tensor rows = projected.Value.Reshape(new Shape(Streams, 3 * width)), attended = output.Value.Reshape(new Shape(Streams, width));
        for (int stream = 0; stream < Streams; stream++)
        {
            _keys[stream] = caches[stream].Append(layer, rows.Slice(stream, 1));
        }

        caches[0].AttendTokens(tape, layer, attention, rows, _keys, attended);
        Array.Clear(_keys);
        return output;
    }

    public void End(int tokens)
    {
        foreach (KeyValueCache cache in caches)
        {
            cache.End(tokens);
        }
    }

    internal override ModelState Copy() => new CacheBatch([.. caches.Select(cache => (KeyValueCache)cache.Copy())]);
}
