using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Tasks;

/// <summary>Tells one label, several labels or a number of each text.</summary>
internal sealed class ClassificationTask : DocumentTask
{
    private readonly ClassificationExamples _examples;
    private readonly ClassificationValidation _validation;

    public ClassificationTask(RunConfiguration configuration, ClassificationExamples examples, Backend backend)
        : base(configuration, examples, backend)
    {
        HeadKind kind = examples.Head.Kind;
        TransformerXL.Require.That(!Task.BalancesLabels || kind != HeadKind.Number, "numbers cannot be balanced, because they are no labels", "task.balancesLabels");
        TransformerXL.Require.That(
            Task.LabelSmoothing == 0 || kind == HeadKind.OneLabel,
            FormattableString.Invariant($"label smoothing is {Task.LabelSmoothing}, which is for one label of each text; it must be 0 for {(kind == HeadKind.Number ? "numbers" : "several labels")}"),
            "task.labelSmoothing");
        _examples = examples;
        _validation = new ClassificationValidation(Runner, examples, Task);
    }

    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        _validation.Run(stepsTaken, progress, cancellationToken);

    /// <inheritdoc/>
    public override double WeightOf(Batch batch) => _examples.Head.Kind == HeadKind.OneLabel ? WeightOfLabels(batch.Targets) : batch.Streams;

    private protected override Variable HeadLoss(Tape tape, Batch batch, in DocumentLoss.Result read, DropoutRates dropout)
    {
        int first = read.FirstRow, streams = batch.Streams;
        Variable pooled = tape.Dropout(Head.Pool(tape, read.States, Array.ConvertAll(read.Lengths, length => length - first)), dropout.Hidden);
        Variable logits = Head.AddNGrams(tape, Head.Logits(tape, pooled), batch.Inputs);
        if (_examples.Head.Kind == HeadKind.OneLabel)
        {
            return tape.ClassLoss(logits, tape.Allocate(batch.Targets), LabelWeights, (float)Task.LabelSmoothing);
        }

        bool isNumber = _examples.Head.Kind == HeadKind.Number;
        int outputs = logits.Shape.Columns;
        Tensor targets = tape.Allocate(logits.Shape);
        for (int stream = 0; stream < streams; stream++)
        {
            for (int label = 0; label < outputs; label++)
            {
                int target = batch.Targets[(label * streams) + stream];
                targets.Span[(stream * outputs) + label] = isNumber ? BitConverter.Int32BitsToSingle(target) : target;
            }
        }

        return isNumber ? tape.SquaredLoss(logits, targets) : tape.BinaryLoss(logits, targets, LabelWeights);
    }
}
