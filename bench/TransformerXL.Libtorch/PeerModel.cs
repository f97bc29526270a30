using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TransformerXL.Libtorch;

/// <summary>
/// Transformer-XL (Dai et al. 2019) in TorchSharp, streams first: (B, T, D). Keys and values of memory and segment come from one product,
/// and the queries of all streams meet the relative rows in one product per head.
/// </summary>
internal sealed class PeerModel : IPeerModel
{
    private readonly PeerOptions options;
    private readonly int headSize;
    private readonly Parameter embedding;
    private readonly Parameter outputBias;
    private readonly Parameter contentBias;
    private readonly Parameter positionBias;
    private readonly Layer[] layers;
    private readonly List<Parameter> parameters = [];

    public PeerModel(PeerOptions options)
    {
        this.options = options;
        int d = options.Size;
        int heads = options.Heads;
        headSize = d / heads;
        embedding = Random(options.Vocabulary, d);
        outputBias = Constant(0, options.Vocabulary);
        contentBias = Random(heads, headSize);
        positionBias = Random(heads, headSize);
        layers = [.. Enumerable.Range(0, options.Layers).Select(_ => new Layer(
            Random(d, d), Random(2 * d, d), Random(d, d), Random(d, d),
            Constant(1, d), Constant(0, d),
            Random(options.Inner, d), Constant(0, options.Inner), Random(d, options.Inner), Constant(0, d),
            Constant(1, d), Constant(0, d)))];
    }

    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>The mean loss of one segment (B, T) and the memories of the next: per layer (B, M, D).</summary>
    public (Tensor Loss, Tensor[] Memories) Forward(Tensor ids, Tensor targets, Tensor[]? memories)
    {
        long batch = ids.shape[0];
        long length = ids.shape[1];
        long remembered = memories is null ? 0 : memories[0].shape[1];
        Tensor hidden = Drop(embedding.index_select(0, ids.reshape(-1)).view(batch, length, options.Size) * Math.Sqrt(options.Size));
        Tensor rows = Drop(Sinusoids(remembered + length));
        Tensor hiddenKeys = ones(length, remembered + length, ScalarType.Bool).triu(1 + remembered);
        Tensor[] next = new Tensor[layers.Length];
        for (int i = 0; i < layers.Length; i++)
        {
            next[i] = Remember(memories?[i], hidden);
            Tensor context = memories is null ? hidden : cat([memories[i], hidden], 1);
            Layer layer = layers[i];
            Tensor attended = Linear(Attend(layer, hidden, context, rows, hiddenKeys), layer.Output);
            hidden = F.layer_norm(hidden + Drop(Single(attended)), [options.Size], layer.AttentionGain, layer.AttentionShift);
            Tensor inner = Drop(F.relu(Linear(hidden, layer.Inner, layer.InnerBias)));
            Tensor outer = Linear(inner, layer.Outer, layer.OuterBias);
            hidden = F.layer_norm(hidden + Drop(Single(outer)), [options.Size], layer.ForwardGain, layer.ForwardShift);
        }

        Tensor logits = Single(Linear(Drop(hidden), embedding, outputBias)).view(-1, options.Vocabulary);
        return (F.cross_entropy(logits, targets.reshape(-1)), next);
    }

    private Tensor Attend(Layer layer, Tensor hidden, Tensor context, Tensor rows, Tensor hiddenKeys)
    {
        long batch = hidden.shape[0];
        long length = hidden.shape[1];
        long keys = context.shape[1];
        Tensor query = Linear(hidden, layer.Query).view(batch, length, options.Heads, headSize);
        Tensor[] pair = Linear(context, layer.KeyValue).chunk(2, -1);
        Tensor key = pair[0].view(batch, keys, options.Heads, headSize).permute(0, 2, 1, 3);
        Tensor value = pair[1].view(batch, keys, options.Heads, headSize).permute(0, 2, 1, 3);
        Tensor relative = Linear(rows, layer.Relative).view(keys, options.Heads, headSize).permute(1, 2, 0);
        Tensor byContent = (query + Half(contentBias)).permute(0, 2, 1, 3);
        Tensor byPosition = (query + Half(positionBias)).permute(2, 0, 1, 3).reshape(options.Heads, batch * length, headSize);
        Tensor position = matmul(byPosition, relative).view(options.Heads, batch, length, keys).permute(1, 0, 2, 3);

        // The relative shift: row i moves left by length - 1 - i (Dai et al. 2019, appendix B).
        position = F.pad(position, [1, 0]).reshape(batch, options.Heads, keys + 1, length).narrow(2, 1, keys).reshape(batch, options.Heads, length, keys);
        double scale = 1 / Math.Sqrt(headSize);
        Tensor attended;
        if (options.Fused)
        {
            Tensor mask = (position * scale).masked_fill(hiddenKeys, float.NegativeInfinity);
            attended = F.scaled_dot_product_attention(byContent, key, value, mask);
        }
        else
        {
            Tensor scores = Single((matmul(byContent, key.transpose(2, 3)) + position) * scale).masked_fill(hiddenKeys, float.NegativeInfinity);
            attended = matmul(Half(F.softmax(scores, -1)), value);
        }

        return attended.permute(0, 2, 1, 3).reshape(batch, length, options.Size);
    }

    private Tensor Remember(Tensor? before, Tensor hidden)
    {
        using IDisposable withoutGradient = no_grad();
        Tensor all = before is null ? hidden : cat([before, hidden], 1);
        long length = all.shape[1];
        return (length > options.Memory ? all.narrow(1, length - options.Memory, options.Memory) : all).detach().clone();
    }

    private Tensor Sinusoids(long length)
    {
        Tensor frequencies = 1f / pow(10000f, arange(0, options.Size, 2, ScalarType.Float32) / options.Size);
        Tensor angles = outer(arange(length - 1, -1, -1, ScalarType.Float32), frequencies);
        return cat([angles.sin(), angles.cos()], -1);
    }

    private Tensor Linear(Tensor input, Tensor weight, Tensor? bias = null) =>
        F.linear(Half(input), Half(weight), bias is null ? null : Half(bias));

    private Tensor Half(Tensor value) => options.Half ? value.to(ScalarType.BFloat16) : value;

    private Tensor Single(Tensor value) => options.Half ? value.to(ScalarType.Float32) : value;

    private Tensor Drop(Tensor value) => options.Dropout > 0 ? F.dropout(value, options.Dropout, training: true) : value;

    private Parameter Random(params long[] shape) => Keep(randn(shape) * 0.02);

    private Parameter Constant(float value, params long[] shape) => Keep(full(shape, value));

    private Parameter Keep(Tensor initial)
    {
        Parameter parameter = new(initial, requires_grad: true);
        parameters.Add(parameter);
        return parameter;
    }

    private sealed record Layer(
        Parameter Query, Parameter KeyValue, Parameter Relative, Parameter Output,
        Parameter AttentionGain, Parameter AttentionShift,
        Parameter Inner, Parameter InnerBias, Parameter Outer, Parameter OuterBias,
        Parameter ForwardGain, Parameter ForwardShift);
}
