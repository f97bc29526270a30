using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// The recurrent language model that the paper compares with: embedding, layers of long short-term memory whose state is
/// carried from segment to segment, softmax; dropout on the embeddings, between layers and on the output (Zaremba,
/// Sutskever, Vinyals 2014).
/// </summary>
public sealed class LstmModel : LanguageModel
{
    /// <summary>Creates a model with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public LstmModel(LstmConfiguration configuration, ulong seed = 1)
        : this(configuration, seed, dry: false)
    {
    }

    internal LstmModel(LstmConfiguration configuration, ulong seed, bool dry)
        : base(configuration, seed, dry)
    {
        Embedding = new InputEmbedding(Configuration, new Clusters(Configuration), Parameters);
        Layers = [.. Enumerable.Range(0, Configuration.Layers).Select(layer => CreateLayer(() => new LstmLayer(Configuration, Parameters, layer)))];
        Softmax = new OutputSoftmax(Configuration, Embedding, Parameters);
    }

    internal IReadOnlyList<LstmLayer> Layers { get; }

    /// <inheritdoc/>
    public override LstmState CreateState(int memoryLength, int streams) => new(Configuration.Layers, streams, Configuration.ModelSize);

    private protected override Variable ForwardCore(Tape tape, IndexTensor ids, ModelState state, ContextConfiguration context, DropoutRates dropout, int results, HiddenCapture? capture)
    {
        LstmState cells = (LstmState)state;
        Variable h = Embedding.Forward(tape, ids, state, dropout.Hidden);
        for (int n = 0; n < Layers.Count; n++)
        {
            capture?.Take(n, h.Value);
            BeginLayer(tape, n);
            Variable next = tape.Dropout(Layers[n].Forward(tape, h, cells, n), dropout.Hidden);
            tape.Recycle(h);
            h = next;
        }

        capture?.Take(Layers.Count, h.Value);
        return h;
    }
}
