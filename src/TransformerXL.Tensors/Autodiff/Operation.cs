namespace TransformerXL.Tensors.Autodiff;

/// <summary>
/// One differentiable operation of a step: what its backward pass needs to remember. Instances are reused from step to
/// step, so that a step makes no garbage.
/// </summary>
public abstract class Operation
{
    internal Variable Output { get; set; } = null!;

    /// <summary>Adds to the gradients of the inputs what follows from the gradient of the output.</summary>
    internal abstract void Backward(Tape tape);

    /// <summary>Lets go of everything from the step.</summary>
    internal abstract void Clear();
}
