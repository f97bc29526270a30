using TransformerXL.Tensors.Memory;

namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// One differentiable operation of a step, with the values that its backward pass needs. Derive from it to add an operation of
/// your own. Instances are reused from step to step, so that a step allocates no garbage.
/// </summary>
/// <remarks>
/// <para>
/// The forward pass is a method of the derived class with the arguments that it needs. It is called on an instance from
/// <see cref="Tape.Rent{TOperation}"/>, keeps what the backward pass reads in fields, takes memory for the result from
/// <see cref="Tape.NewVariable(Shape, bool)"/>, computes it and ends with <see cref="Tape.Record"/>. It keeps the inputs as variables and not as
/// their tensors: the memory of a value that is computed again for the backward pass (<see cref="Tape.Recycle"/>) belongs to another value meanwhile.
/// </para>
/// <para>
/// The backward pass reads the gradient of <see cref="Output"/> and writes those of the inputs whose
/// <see cref="Variable.RequiresGradient"/> is set. Other operations may read the same input, so an existing gradient
/// must be added to: <see cref="Tape.GradientToAdd"/> returns it, zeroed if it is new;
/// <see cref="Tape.Gradient"/> returns which of the two applies and avoids the zeroing.
/// </para>
/// <para>An operation that is composed of others needs no class: a method that calls those of <see cref="TapeOperations"/> is differentiated with them.</para>
/// </remarks>
/// <example>
/// y = x^2, element by element:
/// <code>
/// public sealed class SquareOperation : Operation
/// {
///     private Variable _input = null!;
///
///     public Variable Forward(Tape tape, Variable input)
///     {
///         _input = input;
///         Variable output = tape.NewVariable(input.Shape, input.RequiresGradient);
///         ReadOnlySpan&lt;float&gt; x = input.Value.Span;
///         Span&lt;float&gt; y = output.Value.Span;
///         for (int i = 0; i &lt; x.Length; i++)
///         {
///             y[i] = x[i] * x[i];
///         }
///
///         return tape.Record(this, output);
///     }
///
///     public override void Backward(Tape tape)
///     {
///         ReadOnlySpan&lt;float&gt; x = _input.Value.Span, dy = Output.Gradient.Span;
///         Span&lt;float&gt; dx = tape.GradientToAdd(_input).Span;
///         for (int i = 0; i &lt; x.Length; i++)
///         {
///             dx[i] += 2 * x[i] * dy[i];
///         }
///     }
///
///     public override void Clear() => _input = null!;
/// }
///
/// Variable y = tape.Rent&lt;SquareOperation&gt;().Forward(tape, x);
/// </code>
/// </example>
public abstract class Operation
{
    /// <summary>The result that was passed to <see cref="Tape.Record"/>; in <see cref="Backward"/> its gradient is complete.</summary>
    public Variable Output { get; internal set; } = null!;

    /// <summary>How many places of the arena were taken before the operation; none of those after them is needed when it has been differentiated.</summary>
    internal int TakenBefore { get; set; }

    /// <summary>Computes the gradients of the inputs from the gradient of the output, and adds them. The tape calls it, at most once after each forward pass.</summary>
    /// <param name="tape">The tape that recorded the operation.</param>
    public abstract void Backward(Tape tape);

    /// <summary>Whether <see cref="Restore"/> computes the result again, in much less time than the forward pass of a layer, from what the backward pass needs anyway.</summary>
    internal virtual bool Restores => false;

    /// <summary>Computes the result of the forward pass again, to the same bits.</summary>
    internal virtual void Restore(Tape tape, Tensor output) => throw new NotSupportedException();

    /// <summary>Clears the fields that refer to variables and tensors of the step. The tape calls it when the next step begins.</summary>
    public abstract void Clear();
}
