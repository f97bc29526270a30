namespace TransformerXL.Interchange.PyTorch;

/// <summary>What becomes of objects in a pickle whose class is none of the plain containers and tensors.</summary>
public enum UnknownClasses
{
    /// <summary>The file is refused, and the class named. Enough for state dictionaries.</summary>
    Refused,

    /// <summary>
    /// They are read as data: the name of the class and the attributes, as <c>torch.save(model)</c> needs it. No
    /// class is looked for and nothing is called; a file that calls a function is refused all the same.
    /// </summary>
    Inert,
}
