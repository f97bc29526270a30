using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Tasks;

/// <summary>
/// Reads the documents of a batch from their beginnings, segment by segment, and gives the hidden states that a head learns from. The gradient flows
/// through the memory into as many segments as the task says.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="backend">What computes.</param>
/// <param name="configuration">Lengths and task.</param>
internal sealed class DocumentLoss(LanguageModel model, Backend backend, RunConfiguration configuration)
{
    private readonly TaskConfiguration _task = configuration.Task!;
    private readonly ContextConfiguration _context = configuration.Context;
    private readonly bool _fills = DocumentReader.FillsSegments(model);
    private readonly Tape _prefix = new(backend, configuration.Training.Precision);

    /// <summary>The hidden states of the documents and what is known of their places.</summary>
    /// <param name="States">(T, B, d), from the row <paramref name="FirstRow"/> of the documents on.</param>
    /// <param name="FirstRow">The row of the documents that the states begin with.</param>
    /// <param name="LearnedRow">The row of <paramref name="States"/> from which on the gradient reaches the model.</param>
    /// <param name="Lengths">(B): tokens of each document.</param>
    internal readonly record struct Result(Variable States, int FirstRow, int LearnedRow, int[] Lengths);

    /// <summary>The first segment that the model learns from; those before it are only remembered.</summary>
    public static int FirstLearned(TaskConfiguration task, DocumentLengths lengths) =>
        task.FreezesBody ? lengths.Segments : task.HasTargetsOfTokens ? 0 : Math.Max(0, lengths.FewestSegments - task.SegmentsWithGradient);

    /// <summary>Whether the head reads the states of all segments.</summary>
    public static bool NeedsAll(TaskConfiguration task) => task.HasTargetsOfTokens || task.Pooling != HeadPooling.Last;

    /// <summary>Reads the documents.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="batch">The documents.</param>
    /// <param name="state">The memory.</param>
    /// <param name="dropout">Dropout of this step.</param>
    public Result Read(Tape tape, Batch batch, ModelState state, DropoutRates dropout)
    {
        int[] counts = DocumentLengths.Count(batch.Inputs, batch.Streams);
        DocumentLengths lengths = new(counts, _context.TargetLength, _fills);
        int first = FirstLearned(_task, lengths);
        bool keeps = NeedsAll(_task) || first >= lengths.FewestSegments;
        List<Variable> parts = [];
        state.Clear();
        ReadPrefix(tape, batch, state, lengths, first, keeps ? parts : null);
        int learned = parts.Sum(part => part.Shape[0]);
        Learn(tape, batch, state, dropout, lengths, first, parts);
        state.Clear();
        state.Lengths = default;
        Variable states = parts.Count == 1 ? parts[0] : tape.Concatenate(parts.ToArray().AsSpan());
        return new Result(states, keeps ? 0 : first * _context.TargetLength, learned, counts);
    }

    /// <summary>Segments that are only remembered.</summary>
    private void ReadPrefix(Tape tape, Batch batch, ModelState state, DocumentLengths lengths, int count, List<Variable>? parts)
    {
        for (int segment = 0; segment < count; segment++)
        {
            _prefix.BeginEvaluation();
            state.Lengths = lengths.LengthsOf(segment);
            Variable states = model.Forward(_prefix, _prefix.Allocate(lengths.IdsOf(batch.Inputs, segment)), state, _context, default);
            if (parts is not null)
            {
                Tensor copy = tape.Allocate(states.Shape);
                states.Value.CopyTo(copy);
                parts.Add(tape.Constant(copy));
            }
        }
    }

    private void Learn(Tape tape, Batch batch, ModelState state, DropoutRates dropout, DocumentLengths lengths, int first, List<Variable> parts)
    {
        HiddenMemory? memory = state as HiddenMemory;
        if (memory is null && _task.SegmentsWithGradient > 1 && model.Configuration.IsCausal)
        {
            LearnJoined(tape, batch, state, dropout, lengths, first, parts);
            return;
        }

        for (int segment = first; segment < lengths.Segments; segment++)
        {
            if ((segment - first) % _task.SegmentsWithGradient == 0)
            {
                memory?.LearnThrough(_task.SegmentsWithGradient > 1 ? tape : null);
            }

            state.Lengths = lengths.LengthsOf(segment);
            parts.Add(model.Forward(tape, tape.Allocate(lengths.IdsOf(batch.Inputs, segment)), state, _context, dropout));
        }
    }

    /// <summary>A recurrent state has no gradient from one forward pass to the next, so that several segments are read as one.</summary>
    private void LearnJoined(Tape tape, Batch batch, ModelState state, DropoutRates dropout, DocumentLengths lengths, int first, List<Variable> parts)
    {
        for (int segment = first; segment < lengths.Segments; segment += _task.SegmentsWithGradient)
        {
            List<int> ids = [];
            for (int i = segment; i < Math.Min(segment + _task.SegmentsWithGradient, lengths.Segments); i++)
            {
                ids.AddRange(lengths.IdsOf(batch.Inputs, i));
            }

            parts.Add(model.Forward(tape, tape.Allocate(ids.ToArray()), state, _context, dropout));
        }
    }
}
