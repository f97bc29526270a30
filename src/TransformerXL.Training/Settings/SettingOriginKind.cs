namespace TransformerXL.Training.Settings;

/// <summary>The sources of a value, the weakest first.</summary>
public enum SettingOriginKind
{
    /// <summary>The program.</summary>
    Default,

    /// <summary>The kind of model, for which another default fits.</summary>
    Model,

    /// <summary>The run whose weights a new one begins with.</summary>
    Run,

    /// <summary>A preset.</summary>
    Preset,

    /// <summary>A file.</summary>
    File,

    /// <summary>An option of the command line.</summary>
    Option,
}
