"""The wheel that `az extension add` installs."""

from pathlib import Path

from setuptools import find_packages, setup

VERSION = "0.1.0"

# azure-cli-core and knack come with az itself: a second copy beside the extension would shadow az's own, so they are
# not required here. cryptography comes with them.
REQUIRES = [
    "azure-mgmt-kubernetesconfiguration>=3.1,<3.2",  # extensions, api 2023-05-01
    "azure-mgmt-machinelearningservices==2.0.0b2",  # the only release with Kubernetes compute; 1.x has none
    # The cluster's side: 4 MB where the official client has 71; imported with a kubeconfig only.
    "lightkube>=1.0,<2; python_version >= '3.11'",
    "socksio>=1.0,<2; python_version >= '3.11'",  # for httpx, through a SOCKS proxy: 36 kB, imported for one alone
    "jsonschema>=4.20,<5; python_version >= '3.11'",  # an organization's own policies, judged in a process of their own
]
SDK = [
    "azure-identity>=1.17,<2",  # the Python API's credentials; az brings its own
    "azure-mgmt-core>=1.6,<2",  # knows the endpoints of the clouds
]
DEVELOPMENT = [
    "bicep-cost>=0.2,<0.3",  # its evaluator of template expressions is held against the local Azure's
    "azure-cli-core",  # follows az: the loader, the help and the options are tested against it
    "build>=1.2,<2",
    "setuptools>=70",  # builds the wheel without a network round trip
    "wheel>=0.43",
    "check-jsonschema>=0.33,<1",  # the control of the validator's benchmark, and the schemas of CI systems
    "duckdb>=2.0,<3",  # the emulator's Resource Graph: a database,
    "duckdb-kql>=1.1,<2",  # and the query language on it
    "hypothesis>=6.100,<7",
    "python-hcl2>=8,<9",  # what is exported for Terraform is read back with it
    "mypy>=1.15,<3",
    "PyJWT>=2.8,<3",  # the emulator's tokens
    "packaging>=23",
    "pytest>=8.2,<10",
    "pytest-timeout>=2.3,<3",  # a test that hangs is named, instead of holding CI up
    "pytest-xdist>=3.6,<4",
    "ruff>=0.9,<1",
    "selenium>=4.25,<5",  # the HTML report in a real browser, with Debian's chromium-driver: it downloads nothing
    "starlette>=0.40,<2",  # the emulator: ASGI framework, server, certificates
    "trustme>=1.2,<2",
    "PyYAML>=6,<7",
    "types-jsonschema",
    "types-PyYAML",
    "uvicorn>=0.30,<1",
]

HERE = Path(__file__).parent

setup(
    name="amlarc",
    version=VERSION,
    description="Train Azure Machine Learning models on any Kubernetes cluster: `az ml arc`.",
    long_description=(HERE / "README.md").read_text(encoding="utf-8")
    + "\n\n"
    + (HERE / "HISTORY.rst").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    author="The amlarc authors",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Developers",
        "Intended Audience :: System Administrators",
        "Programming Language :: Python :: 3",
    ],
    # It needs 3.11. An older az would only say "Pip failed": the package itself says what is needed (__init__.py).
    python_requires=">=3.9",
    packages=find_packages(include=["azext_amlarc", "azext_amlarc.*"]),
    package_data={
        "azext_amlarc": [
            "azext_metadata.json",
            "py.typed",
            "checks/report/page.html",
            "product/settings.json",
            "validation/schemas/*.json",
            "workflows/job_files/*.yml",
            "workflows/job_files/*.yaml",
            "workflows/job_files/README.md",
            "workflows/job_files/src/*.py",
        ]
    },
    install_requires=REQUIRES,
    extras_require={"sdk": SDK, "dev": SDK + DEVELOPMENT},
)
