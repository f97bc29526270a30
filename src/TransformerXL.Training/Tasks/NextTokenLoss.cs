using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Training.Tasks;

/// <summary>The mean nll of the next tokens of a chunk.</summary>
/// <param name="model">The model.</param>
/// <param name="context">The lengths.</param>
/// <param name="half">Whether only the second half of each segment is predicted.</param>
internal sealed class NextTokenLoss(LanguageModel model, ContextConfiguration context, bool half)
{
    public Variable Of(Tape tape, Batch batch, ModelState state, DropoutRates dropout)
    {
        ReadOnlySpan<int> targets = Counted(batch);
        Variable hidden = model.Forward(tape, tape.Allocate(batch.Inputs), state, context, dropout);
        return model.Loss(tape, hidden, tape.Allocate(targets));
    }

    /// <summary>The targets that the loss is of: all, or with half of the loss those of the second half of the segment.</summary>
    public ReadOnlySpan<int> Counted(Batch batch) =>
        half ? batch.Targets[(batch.Targets.Length / batch.Streams / 2 * batch.Streams)..] : batch.Targets;
}
