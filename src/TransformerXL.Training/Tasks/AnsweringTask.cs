using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Tasks;

/// <summary>Tells which span of a text answers a question.</summary>
internal sealed class AnsweringTask(RunConfiguration configuration, AnsweringExamples examples, Backend backend) : DocumentTask(configuration, examples, backend)
{
    private AnsweringValidation? _validation;

    public override TaskValidationReport Validate(long stepsTaken, IProgress<ValidationProgress>? progress, CancellationToken cancellationToken) =>
        (_validation ??= new AnsweringValidation(Runner, examples, Task)).Run(stepsTaken, progress, cancellationToken);

    public override (int Targets, long? Bytes) CountText(Batch batch) => (AnsweringExamples.Ends * batch.Streams, null);

    private protected override Variable HeadLoss(Tape tape, Batch batch, in DocumentLoss.Result read, DropoutRates dropout)
    {
        int streams = batch.Streams, rows = read.States.Shape[0];
        // Rows that a segment is filled up with are no tokens, and neither are places behind a document.
        int[] allowed = new int[rows * streams];
        ReadOnlySpan<int> marks = batch.Targets[(AnsweringExamples.Ends * streams)..];
        for (int i = 0; i < Math.Min(allowed.Length, marks.Length); i++)
        {
            allowed[i] = Math.Max(0, marks[i]);
        }

        return tape.SpanLoss(Head.Logits(tape, read.States), tape.Allocate(allowed), tape.Allocate(Rows(batch, 0, AnsweringExamples.Ends)));
    }
}
