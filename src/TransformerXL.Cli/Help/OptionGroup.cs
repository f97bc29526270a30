namespace TransformerXL.Cli.Help;

/// <summary>Headings that the options of a command stand under in its help, in this order.</summary>
internal enum OptionGroup
{
    /// <summary>Options without which the command does nothing.</summary>
    Required,

    /// <summary>Where a run starts: a preset, a file, another run.</summary>
    Start,

    /// <summary>The text.</summary>
    Data,

    /// <summary>Examples of a task, and the head that learns from them.</summary>
    Examples,

    /// <summary>The kind of token.</summary>
    Vocabulary,

    /// <summary>The architecture, or which weights of a run.</summary>
    Model,

    /// <summary>Lengths of segment and memory.</summary>
    Context,

    /// <summary>Batches, steps, learning rate.</summary>
    Training,

    /// <summary>Which tokens an encoder predicts.</summary>
    Masks,

    /// <summary>The optimizer.</summary>
    Optimizer,

    /// <summary>What changes from step to step.</summary>
    Schedule,

    /// <summary>Validations and checkpoints of a training.</summary>
    Validation,

    /// <summary>How tokens are drawn.</summary>
    Sampling,

    /// <summary>What is measured.</summary>
    Measurement,

    /// <summary>Where a server listens, and to whom it answers.</summary>
    Access,

    /// <summary>Sessions that a server keeps.</summary>
    Sessions,

    /// <summary>What clients of a server may ask for at most.</summary>
    Limits,

    /// <summary>Where results go, and in which form.</summary>
    Output,

    /// <summary>Threads, instruction set, precision.</summary>
    Machine,

    /// <summary>Options of every command, and those of no other group.</summary>
    General,
}
