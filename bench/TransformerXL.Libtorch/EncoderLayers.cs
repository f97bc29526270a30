using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TransformerXL.Libtorch;

/// <summary>
/// The layers of an encoder on (T, B, D): <c>nn.TransformerEncoder</c> of libtorch, which has LayerNorm after each block; or the same layers from its parameters with
/// <c>scaled_dot_product_attention</c>, with LayerNorm after or before each block (PyTorch's <c>norm_first</c>, which libtorch's module lacks).
/// </summary>
internal sealed class EncoderLayers
{
    private const string Attention = "self_attn.";

    private readonly TransformerEncoder module;
    private readonly bool isComposed, isPreNorm;
    private readonly long heads;
    private readonly double dropout;
    private Dictionary<string, Parameter> named = [];

    public EncoderLayers(int layers, int size, int heads, int inner, double dropout, bool isComposed, bool isPreNorm)
    {
        (Count, this.heads, this.dropout, this.isComposed, this.isPreNorm) = (layers, heads, dropout, isComposed || isPreNorm, isPreNorm);
        module = nn.TransformerEncoder(nn.TransformerEncoderLayer(size, heads, inner, dropout, nn.Activations.GELU), layers);
        module.train(dropout > 0);
        Collect();
    }

    public int Count { get; }

    /// <summary>The parameters by their names in the module, such as <c>layers.0.self_attn.in_proj_weight</c>.</summary>
    public IReadOnlyDictionary<string, Parameter> Named => named;

    /// <summary>Converts the parameters.</summary>
    public void To(ScalarType type)
    {
        module.to(type);
        Collect();
    }

    /// <summary>The hidden states (T, B, D) of the inputs (T, B, D).</summary>
    /// <param name="input">The inputs.</param>
    /// <param name="padding">(B, T): true where a stream has ended; null for none.</param>
    public Tensor Forward(Tensor input, Tensor? padding)
    {
        if (!isComposed)
        {
            return module.forward(input, null!, padding!);
        }

        Tensor? mask = padding?.logical_not().view(input.shape[1], 1, 1, input.shape[0]);
        Tensor x = input;
        for (int layer = 0; layer < Count; layer++)
        {
            x = isPreNorm ? PreNorm($"layers.{layer}.", x, mask) : PostNorm($"layers.{layer}.", x, mask);
        }

        return x;
    }

    private Tensor PostNorm(string layer, Tensor x, Tensor? mask)
    {
        Tensor o = Norm(layer + "norm1", x + Drop(Attend(layer, x, mask)));
        return Norm(layer + "norm2", o + Drop(FeedForward(layer, o)));
    }

    private Tensor PreNorm(string layer, Tensor x, Tensor? mask)
    {
        Tensor o = x + Drop(Attend(layer, Norm(layer + "norm1", x), mask));
        return o + Drop(FeedForward(layer, Norm(layer + "norm2", o)));
    }

    private Tensor Attend(string layer, Tensor x, Tensor? mask)
    {
        long length = x.shape[0], streams = x.shape[1], size = x.shape[2];
        Tensor projected = F.linear(x, named[layer + Attention + "in_proj_weight"], named[layer + Attention + "in_proj_bias"]);
        Tensor parts = projected.view(length, streams, 3, heads, size / heads).permute(2, 1, 3, 0, 4);
        Tensor attended = F.scaled_dot_product_attention(parts[0], parts[1], parts[2], mask, dropout);
        return Linear(layer + Attention + "out_proj", attended.permute(2, 0, 1, 3).reshape(length, streams, size));
    }

    private Tensor FeedForward(string layer, Tensor x) => Linear(layer + "linear2", Drop(F.gelu(Linear(layer + "linear1", x))));

    private Tensor Linear(string name, Tensor x) => F.linear(x, named[name + ".weight"], named[name + ".bias"]);

    private Tensor Norm(string name, Tensor x) => F.layer_norm(x, [x.shape[^1]], named[name + ".weight"], named[name + ".bias"]);

    private Tensor Drop(Tensor x) => dropout > 0 ? F.dropout(x, dropout, training: true) : x;

    private void Collect() => named = module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
}
