using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Tasks;

/// <summary>Tells a label of each word.</summary>
internal sealed class LabellingTask(RunConfiguration configuration, LabellingExamples examples, Backend backend) : DocumentTask(configuration, examples, backend)
{
    private LabellingValidation? _validation;

    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        (_validation ??= new LabellingValidation(Runner, examples, Task)).Run(stepsTaken, progress, cancellationToken);

    public override (int Targets, long? Bytes) CountText(Batch batch)
    {
        int count = 0;
        foreach (int target in batch.Targets)
        {
            count += target >= 0 ? 1 : 0;
        }

        return (count, null);
    }

    public override double WeightOf(Batch batch) => Head.Crf is null ? WeightOfLabels(batch.Targets) : base.WeightOf(batch);

    private protected override Variable HeadLoss(Tape tape, Batch batch, in DocumentLoss.Result read, DropoutRates dropout)
    {
        if (Head.Crf is { } crf)
        {
            return CrfLoss(tape, batch, read, crf);
        }

        List<int> rows = [], targets = [];
        for (int i = 0; i < batch.Targets.Length; i++)
        {
            if (batch.Targets[i] >= 0)
            {
                rows.Add(i);
                targets.Add(batch.Targets[i]);
            }
        }

        Variable logits = Head.Logits(tape, tape.GatherRows(read.States, tape.Allocate(rows.ToArray())));
        return tape.ClassLoss(logits, tape.Allocate(targets.ToArray()), LabelWeights, (float)Task.LabelSmoothing);
    }

    /// <summary>The loss of the label sequences of all documents.</summary>
    private Variable CrfLoss(Tape tape, Batch batch, in DocumentLoss.Result read, Crf crf)
    {
        List<int> rows = [], targets = [];
        int[] lengths = new int[batch.Streams];
        for (int stream = 0; stream < batch.Streams; stream++)
        {
            for (int i = stream; i < batch.Targets.Length; i += batch.Streams)
            {
                if (batch.Targets[i] >= 0)
                {
                    rows.Add(i);
                    targets.Add(batch.Targets[i]);
                    lengths[stream]++;
                }
            }
        }

        Variable logits = Head.Logits(tape, tape.GatherRows(read.States, tape.Allocate(rows.ToArray())));
        return tape.CrfLoss(logits, crf.Transitions, crf.Start, crf.End, tape.Allocate(targets.ToArray()), tape.Allocate(lengths));
    }
}
