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
    public LstmModel(ModelConfiguration configuration, ulong seed = 1)
        : base(configuration, seed)
    {
        Embedding = new InputEmbedding(Configuration, new Clusters(Configuration), Parameters);
        Layers = [.. Enumerable.Range(0, Configuration.Layers).Select(layer => new LstmLayer(Configuration, Parameters, layer))];
        Softmax = new OutputSoftmax(Configuration, Embedding, Parameters);
    }

    internal IReadOnlyList<LstmLayer> Layers { get; }

    /// <inheritdoc/>
    public override LstmState CreateMemory(int length, int streams) => new(Configuration.Layers, streams, Configuration.ModelSize);

    /// <inheritdoc/>
    public override Variable Forward(Tape tape, IndexTensor ids, int streams, ModelMemory memory, ContextConfiguration context, DropoutRates dropout)
    {
        LstmState state = (LstmState)memory;
        Variable h = Embedding.Forward(tape, ids, streams, dropout.Hidden);
        for (int n = 0; n < Layers.Count; n++)
        {
            h = tape.Dropout(Layers[n].Forward(tape, h, state, n), dropout.Hidden);
        }

        return h;
    }
}
