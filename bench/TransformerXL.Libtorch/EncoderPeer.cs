using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TransformerXL.Libtorch;

/// <summary>
/// BERT (Devlin et al. 2019) in TorchSharp: embeddings of tokens, places and types, LayerNorm, <see cref="EncoderLayers"/>, and in training the prediction of 15 % of the tokens
/// with LayerNorm(GELU(W h + b)) and the table of the tokens. The head reads the states of these tokens alone.
/// </summary>
internal sealed class EncoderPeer : IPeerModel
{
    private const int PositionRows = 512;
    private const double MaskRate = 0.15;

    private readonly PeerOptions options;
    private readonly EncoderLayers layers;
    private readonly Parameter tokens, places, types, gain, shift, transform, transformBias, headGain, headShift, outputBias;

    public EncoderPeer(PeerOptions options)
    {
        this.options = options;
        int d = options.Size;
        layers = new EncoderLayers(options.Layers, d, options.Heads, options.Inner, options.Dropout, options.Fused, isPreNorm: false);
        if (options.IsHalfModule)
        {
            layers.To(ScalarType.BFloat16);
        }

        (tokens, places, types) = (Random(options.Vocabulary, d), Random(PositionRows, d), Random(2, d));
        (gain, shift, headGain, headShift) = (Constant(1, d), Constant(0, d), Constant(1, d), Constant(0, d));
        (transform, transformBias, outputBias) = (Random(d, d), Constant(0, d), Constant(0, options.Vocabulary));
        Parameters = [tokens, places, types, gain, shift, .. layers.Named.Values, transform, transformBias, headGain, headShift, outputBias];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public (Tensor Loss, Tensor[] Memories) Forward(Tensor ids, Tensor targets, Tensor[]? memories) =>
        (Autocast.Run(options.IsAutocast, () => Compute(ids, targets)), []);

    private Tensor Compute(Tensor ids, Tensor targets)
    {
        long streams = ids.shape[0], length = ids.shape[1];
        Tensor timeMajor = ids.t();
        Tensor embedded = Rows.Of(tokens, timeMajor) + places.narrow(0, 0, length).unsqueeze(1) + Rows.Of(types, zeros_like(timeMajor));
        Tensor hidden = layers.Forward(Drop(F.layer_norm(embedded, [options.Size], gain, shift)), null);
        if (!options.Trains)
        {
            return hidden[0, 0, 0].to(ScalarType.Float32);
        }

        Tensor chosen = randperm(streams * length).narrow(0, 0, (long)(MaskRate * streams * length));
        Tensor rows = hidden.reshape(-1, options.Size).index_select(0, chosen);
        Tensor read = F.layer_norm(F.gelu(F.linear(rows, transform, transformBias)), [options.Size], headGain, headShift);
        return F.cross_entropy(F.linear(read, tokens, outputBias).to(ScalarType.Float32), targets.t().reshape(-1).index_select(0, chosen));
    }

    private Tensor Drop(Tensor value) => options.Dropout > 0 ? F.dropout(value, options.Dropout, training: true) : value;

    private Parameter Random(params long[] shape) => Keep(randn(shape) * 0.02);

    private Parameter Constant(float value, params long[] shape) => Keep(full(shape, value));

    private Parameter Keep(Tensor initial) => new(options.IsHalfModule ? initial.to(ScalarType.BFloat16) : initial, requires_grad: true);
}
