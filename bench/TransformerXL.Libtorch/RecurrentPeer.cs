using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TransformerXL.Libtorch;

/// <summary>A language model of <c>nn.LSTM</c> or <c>nn.GRU</c>: embedding, layers, softmax with the table of the embedding; dropout around each layer. The state is carried on.</summary>
internal sealed class RecurrentPeer : IPeerModel
{
    private readonly PeerOptions options;
    private readonly nn.Module module;
    private readonly Parameter table, outputBias;

    public RecurrentPeer(PeerOptions options)
    {
        this.options = options;
        int d = options.Size;
        module = options.Model == PeerOptions.Lstm ? nn.LSTM(d, d, options.Layers, dropout: options.Dropout) : nn.GRU(d, d, options.Layers, dropout: options.Dropout);
        module.train(options.Trains);
        Tensor initial = randn(options.Vocabulary, d) * 0.02, bias = zeros(options.Vocabulary);
        if (options.IsHalfModule)
        {
            module.to(ScalarType.BFloat16);
            (initial, bias) = (initial.to(ScalarType.BFloat16), bias.to(ScalarType.BFloat16));
        }

        (table, outputBias) = (new Parameter(initial, requires_grad: true), new Parameter(bias, requires_grad: true));
        Parameters = [table, .. module.parameters(), outputBias];
    }

    public IReadOnlyList<Parameter> Parameters { get; }

    public (Tensor Loss, Tensor[] Memories) Forward(Tensor ids, Tensor targets, Tensor[]? memories) => Autocast.Run(options.IsAutocast, () =>
    {
        Tensor embedded = Drop(Rows.Of(table, ids.t()));
        (Tensor hidden, Tensor[] next) = Read(embedded, memories);
        Tensor logits = F.linear(Drop(hidden), table, outputBias).to(ScalarType.Float32).view(-1, options.Vocabulary);
        return (F.cross_entropy(logits, targets.t().reshape(-1)), next.Select(state => state.detach()).ToArray());
    });

    private (Tensor Hidden, Tensor[] Next) Read(Tensor embedded, Tensor[]? memories)
    {
        if (module is LSTM lstm)
        {
            (Tensor hidden, Tensor last, Tensor cell) = memories is null ? lstm.call(embedded) : lstm.call(embedded, (memories[0], memories[1]));
            return (hidden, [last, cell]);
        }

        (Tensor states, Tensor final) = ((GRU)module).call(embedded, memories?[0]);
        return (states, [final]);
    }

    private Tensor Drop(Tensor value) => options.Dropout > 0 ? F.dropout(value, options.Dropout, training: true) : value;
}
