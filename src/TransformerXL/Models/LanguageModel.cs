using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Models;

/// <summary>
/// P(x) = prod_t P(x_t | x_&lt;t) over segments of text, with a memory that carries context from each segment to the next.
/// </summary>
public abstract class LanguageModel
{
    private protected LanguageModel(ModelConfiguration configuration, ulong seed)
    {
        configuration.Validate();
        Configuration = configuration.Resolve();
        Parameters = new ParameterSet(seed, configuration.InitialDeviation);
    }

    /// <summary>The architecture, all sizes written out.</summary>
    public ModelConfiguration Configuration { get; }

    /// <summary>All trained values.</summary>
    public ParameterSet Parameters { get; }

    internal InputEmbedding Embedding { get; private protected init; } = null!;

    internal OutputSoftmax Softmax { get; private protected init; } = null!;

    /// <summary>Creates a model of the kind that the configuration names, with random weights.</summary>
    /// <param name="configuration">The architecture.</param>
    /// <param name="seed">The same seed gives the same weights.</param>
    /// <exception cref="InputException">The configuration is not valid.</exception>
    public static LanguageModel Create(ModelConfiguration configuration, ulong seed = 1)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration.Kind == ModelKind.Lstm ? new LstmModel(configuration, seed) : new TransformerXLModel(configuration, seed);
    }

    /// <summary>An empty memory for this model.</summary>
    /// <param name="length">M: the most tokens whose hidden states are kept; an LSTM keeps its state whatever the length.</param>
    /// <param name="streams">B.</param>
    public abstract ModelMemory CreateMemory(int length, int streams);

    /// <summary>The hidden states of a segment; the memory then ends with this segment.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="ids">Token ids (L, B).</param>
    /// <param name="streams">B.</param>
    /// <param name="memory">m, read and then updated; one that <see cref="CreateMemory"/> of this model made.</param>
    /// <param name="context">The lengths.</param>
    /// <returns>(L, B, d).</returns>
    public Variable Forward(Tape tape, IndexTensor ids, int streams, ModelMemory memory, ContextConfiguration context) =>
        Forward(tape, ids, streams, memory, context, DropoutRates.Of(Configuration));

    /// <summary>The same with other probabilities of dropout.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="ids">Token ids (L, B).</param>
    /// <param name="streams">B.</param>
    /// <param name="memory">m, read and then updated; one that <see cref="CreateMemory"/> of this model made.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="dropout">Dropout of this step, instead of that of the configuration.</param>
    /// <returns>(L, B, d).</returns>
    public abstract Variable Forward(Tape tape, IndexTensor ids, int streams, ModelMemory memory, ContextConfiguration context, DropoutRates dropout);

    /// <summary>The mean nll of the targets after hidden states, in nats.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="hidden">(T, B, d); the last rows belong to the targets.</param>
    /// <param name="targets">Token ids (L, B).</param>
    /// <param name="perToken">Takes the nll of each target, if not empty.</param>
    public Variable Loss(Tape tape, Variable hidden, IndexTensor targets, Tensor perToken = default) =>
        Softmax.Loss(tape, tape.LastRows(hidden, targets.Count / hidden.Shape[1]), targets, perToken);
}
